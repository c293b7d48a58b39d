"""What a newcomer can find out, each answer with its place, and nothing in it that must not be told."""

import pytest

README = """# Shop

Sells tents.

## Getting started

    docker compose up

## Tests

TODO

## Deployment

Every push to main is rolled out by CI; `make rollback` brings the last release back.

## How it works

The web part puts orders on a queue; the warehouse takes them off.
"""


def answers(collected):
    return {row["question"]: row for row in collected["repo.documents"].rows}


def places(collected):
    return {
        question: (row["kind"], row["path"], row["line"])
        for question, row in answers(collected).items()
        if row["is_answered"]
    }


def test_each_answer_names_the_place_that_proves_it(repo, collect):
    repo.commit(
        {
            "README.md": README,
            "Makefile": "VERSION := 1\n\ntest: build\n\tpytest\n",
            ".github/CODEOWNERS": "# who\n* @harbour-pine/shop\n",
            "docs/operations/on-call.md": "# On call\n\nLook at the board first.\n",
        }
    )

    collected = collect(repo)

    assert places(collected) == {
        "run": ("heading", "README.md", 5),
        "test": ("target", "Makefile", 3),
        "deploy": ("heading", "README.md", 13),
        "roll_back": ("sentence", "README.md", 15),
        "owner": ("codeowners", ".github/CODEOWNERS", 2),
        "architecture": ("heading", "README.md", 17),
        "runbook": ("file", "docs/operations/on-call.md", 1),
    }
    assert answers(collected)["roll_back"]["text"].startswith("Every push to main is rolled out by CI")


@pytest.mark.parametrize(
    ("files", "question", "place"),
    [
        ({"package.json": '{\n"scripts": {\n"start": "node ."}}'}, "run", ("script", "package.json", 3)),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\""}}'}, "test", None),
        (
            {"README.rst": "Shop\n====\n\nTesting\n-------\n\nRun it with tox, please.\n"},
            "test",
            ("heading", "README.rst", 4),
        ),
        ({"README.md": "# Test runner\n\nIt is a test runner of tests.\n"}, "test", None),
        ({"README.md": "# Shop\n\nAsk the checkout team, please.\n"}, "owner", ("sentence", "README.md", 3)),
        (
            {"docs/adr/0001-queue.md": "# Use a queue\n\nBecause of peaks.\n"},
            "architecture",
            ("file", "docs/adr/0001-queue.md", 1),
        ),
        ({"ARCHITECTURE.md": "\n"}, "architecture", None),
        (
            {"docs/api.md": "# API\n\nThe transaction is rolled back.\n\n## Contacts\n\nA list of all contacts.\n"},
            "owner",
            None,
        ),
        ({"docs/api.md": "# API\n\nThe transaction is rolled back.\n"}, "roll_back", None),
        ({"README.md": "# A\n\n```\n# run the tests\n```\n"}, "test", None),
        ({"CODEOWNERS": "# nobody yet\n"}, "owner", None),
        ({"vendor/README.md": README}, "run", None),
    ],
)
def test_a_name_a_heading_or_a_command_answers_and_an_empty_promise_does_not(files, question, place, repo, collect):
    repo.commit(files)

    assert places(collect(repo)).get(question) == place


def test_neither_credentials_nor_the_names_of_those_who_wrote_it_are_told(repo, mint, collect):
    token = mint.github_token()
    repo.git("config", "user.name", "x")
    repo.commit(
        {
            "README.md": f"# Shop\n\nGITHUB_TOKEN={token} docker compose up\n\n"
            "Releases are rolled out by Ada on Mondays, write to ops@practice.example.\n\n"
            "## Maintainers: Ada Lovegood\n\nAda Lovegood and nobody else.\n"
        }
    )
    repo.git("commit", "--quiet", "--allow-empty", "--message=x", "--author=Ada Lovegood <ada@practice.example>")

    rows = answers(collect(repo))

    assert [rows[question]["line"] for question in ("run", "deploy", "owner")] == [3, 5, 7]
    assert [rows[question]["text"] for question in ("run", "deploy")] == ["", ""]
    assert rows["owner"]["text"] == "Maintainers"
    assert not [word for word in (token, "Ada", "practice.example") if word in repr(rows)]


def test_a_readme_that_leaves_out_how_to_test_is_thin_and_a_missing_one_is_another_finding(repo, collect):
    repo.commit({"README.md": README})
    assert collect(repo).evaluation("readme_thin").examined == {"readme_thin": 0}
    repo.commit({"app.py": "x"})
    (finding,) = collect(repo).findings("readme_thin")
    repo.commit({"README.md": None})

    assert finding.detail == "Nothing in its documents tells how to test it."
    assert (finding.path, finding.evidence) == ("README.md", {"not_told": ["test"]})
    assert collect(repo).evaluation("readme_thin").examined == {"readme_thin": 0}


def test_what_could_not_be_read_keeps_documents_from_being_called_missing(repo, collect):
    repo.commit({"README.md": README, "app.py": "x", "docs/guide.md": "x " * 300_000})

    for check in ("readme_thin", "no_codeowners"):
        evaluation = collect(repo).evaluation(check)
        assert evaluation.findings == []
        assert evaluation.gaps


@pytest.mark.parametrize(
    ("check", "more", "severity"),
    [
        ("no_runbook", {"Dockerfile": "FROM python:3.12\n"}, "low"),
        ("no_runbook", {}, "info"),
        ("no_architecture_doc", {"app.py": "x\n"}, "low"),
        ("no_codeowners", {}, "low"),
        ("no_codeowners", {"SUPPORT.md": "# Support\n\n## Who to ask\n\nThe shop's own team.\n"}, "info"),
    ],
)
def test_what_nobody_wrote_down_is_found(check, more, severity, repo, collect):
    repo.commit({"README.md": "# Shop\n\nSells tents.\n", **more})

    (finding,) = collect(repo).findings(check)

    assert (finding.resource, finding.severity) == ("repo:shop", severity)
