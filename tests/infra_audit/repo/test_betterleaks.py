"""A second scanner's word: asked for only, believed little, and never with a value."""

import json
import sys

import pytest

from infra_audit.collectors.repo import betterleaks
from infra_audit.errors import BadArgumentError

PROGRAM = """#!{python}
import json, sys
assert sys.argv[1] == "git" and "--no-allow-signatures" in sys.argv and "--validate" not in sys.argv
for line in json.load(open({told!r})):
    print(json.dumps(line))
sys.exit({status})
"""


@pytest.fixture
def scanner(tmp_path):
    """A program that says what it is told to say, as betterleaks would."""

    def made(told, *, status=0):
        (tmp_path / "told.json").write_text(json.dumps(told))
        program = tmp_path / "betterleaks"
        program.write_text(PROGRAM.format(python=sys.executable, told=str(tmp_path / "told.json"), status=status))
        program.chmod(0o755)
        return program

    return made


def finding(value, *, path, commit, line=1, resource="git.patch_content"):
    return {
        "finding": {
            "rule_id": "generic-password",
            "match": {"value": value},
            "attributes": {"git.sha": commit, "resource": resource},
            "location": {"path": path, "start_line": line},
        }
    }


def test_what_only_it_finds_is_a_row_of_little_confidence(repo, mint, collect, scanner):
    odd = mint.password()
    first = repo.commit({"notes.txt": f"the word is {odd}\n"})
    repo.commit({"notes.txt": f"moved\nthe word is {odd}\n"})
    program = scanner([finding(odd, path="notes.txt", commit=first)])

    assert collect(repo).secrets == []
    collected = collect(repo, betterleaks=program)

    (row,) = collected.secrets
    assert (row["path"], row["line"], row["at_head"], row["commit"]) == ("notes.txt", 2, True, first)
    assert (row["engines"], row["confidence"]) == (["betterleaks"], "low")
    assert row["confidence_reason"] == betterleaks.REASON
    assert odd not in repr(collected.units)


def test_where_both_find_it_one_row_says_so(repo, mint, collect, scanner):
    value = mint.password()
    commit = repo.commit({"app.env": f"DB_PASSWORD={value}\n"})

    collected = collect(repo, betterleaks=scanner([finding(value, path="app.env", commit=commit)]))

    (row,) = collected.secrets
    assert row["engines"] == ["betterleaks", "own rules"]
    assert row["confidence"] == "high"


def test_a_message_is_no_file(repo, mint, collect, scanner):
    value = mint.password()
    commit = repo.commit({"README.md": "Shop"}, message=f"the word is {value}")

    told = [finding(value, path="", commit=commit, resource="git.commit_message")]
    (row,) = collect(repo, betterleaks=scanner(told)).secrets

    assert (row["where"], row["path"], row["commit"]) == ("commit message", None, commit)


def test_placeholders_and_nonsense_are_left_alone(repo, collect, scanner):
    commit = repo.commit({"app.env": "DB_PASSWORD=changeme\n"})
    told = [finding("changeme", path="app.env", commit=commit), {"finding": {"rule_id": "x"}}, {"scan": {}}, [], 7]

    assert collect(repo, betterleaks=scanner(told)).secrets == []


def test_one_that_fails_costs_nothing_but_its_own_part(repo, mint, collect, scanner):
    repo.commit({"app.env": f"DB_PASSWORD={mint.password()}\n"})

    collected = collect(repo, betterleaks=scanner([], status=2))

    assert len(collected.secrets) == 1
    assert betterleaks.DID_NOT_END in collected["repo.secrets"].message


def test_asked_for_and_not_installed_the_mend_is_named(monkeypatch):
    monkeypatch.setattr(betterleaks, "find_program", lambda: None)

    with pytest.raises(BadArgumentError, match="requirements/scanners"):
        betterleaks.required_program()


def test_the_real_one_agrees(repo, mint, collect):
    program = betterleaks.find_program()
    if program is None:
        pytest.skip("betterleaks is not installed: pip install --require-hashes -r requirements/scanners.txt")
    repo.commit({"app.py": f'password = "{mint.password()}"\n', ".gitleaksignore": "app.py:generic-password:1\n"})

    (row,) = collect(repo, betterleaks=program).secrets
    assert row["engines"] == ["betterleaks", "own rules"]
