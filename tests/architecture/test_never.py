"""What no file of ours may hold."""

import ast
import re

import pytest

# Written in parts, so that this file does not hold them either.
ADDRESSES = {
    "a package registry's host": re.compile(
        "|".join(["pypi" + r"\.org/(?!project/)", "python" + "hosted", "registry\\.npm" + "js"])
    ),
    "an index option": re.compile(r"^\s*--(?:extra-)?(?:index" + r"-url|find" + r"-links)[ =]\S", re.MULTILINE),
    "a path of someone's machine": re.compile(r"(?<![\w.:}/-])/(?:work/(?:main|shared)|root/\.pyenv|opt/pypi)\b"),
}
CREDENTIAL_USE = re.compile(r"validat|revo(?:ke|ca)", re.IGNORECASE)


def addresses_in(text: str) -> list[str]:
    return [what for what, pattern in ADDRESSES.items() if pattern.search(text)]


def uses_of_credentials(source: str) -> list[str]:
    """Names by which a module that imports kingfisher would try or revoke what it found."""
    tree = ast.parse(source)
    imported = [
        name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
    ]
    if not any(name.split(".")[0].startswith("kingfisher") for name in imported):
        return []
    mentioned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    mentioned |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    mentioned |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}
    return sorted(name for name in mentioned | set(imported) if CREDENTIAL_USE.search(name))


def test_no_file_names_a_registry_or_a_machine(our_files, root):
    wrong = {}
    for path in our_files:
        try:
            found = addresses_in(path.read_text())
        except UnicodeDecodeError:
            continue  # a font or a picture
        if found:
            wrong[str(path.relative_to(root))] = found

    assert wrong == {}


def test_no_module_tries_or_revokes_a_found_credential(our_files, root):
    sources = [path for path in our_files if path.suffix == ".py"]

    wrong = {str(path.relative_to(root)): names for path in sources if (names := uses_of_credentials(path.read_text()))}

    assert wrong == {}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from kingfisher_sdk import Revoker", ["Revoker"]),
        ("import kingfisher_sdk\nkingfisher_sdk.Validator()", ["Validator"]),
        ("import kingfisher_sdk as k\nk.Scanner(validate=True)", ["validate"]),
        ("from kingfisher_sdk.revocation import plan", ["kingfisher_sdk.revocation"]),
        ("from kingfisher_sdk import Scanner\nScanner()", []),
        ("def validate(form): ...", []),
    ],
)
def test_trying_a_credential_is_seen(source, expected):
    assert uses_of_credentials(source) == expected


@pytest.mark.parametrize(
    "text",
    [
        "https://" + "pypi" + ".org/simple",
        "--index" + "-url https://mirror.example/simple",
        "cache in /work" + "/main/var",
    ],
)
def test_an_address_is_seen(text):
    assert addresses_in(text)
