"""What of a new version of a file is searched again, and that no new line is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_audit.collectors.repo.hunks import LONG, hunk_of

LINES = st.lists(st.sampled_from([b"", b"a = 1", b"b = 2", b"password", b"c"]), max_size=12).map(b"\n".join)


@given(LINES, LINES, st.booleans())
def test_every_line_that_the_old_text_lacks_is_new_and_at_its_place(old, new, long):
    padding = b"\n".join(b"# line %d" % number for number in range(900)) if long else b""
    before, after = (padding + b"\n" + text + b"\n" + padding for text in (old, new))

    hunk = hunk_of(before, after, "app.py")

    lines, known = after.split(b"\n"), set(before.split(b"\n"))
    lacking = {number for number, line in enumerate(lines, start=1) if line not in known}
    above = after.count(b"\n", 0, hunk.start)
    added = {number + above for number in hunk.added}
    assert lacking <= added
    part = hunk.data.split(b"\n")
    for number in hunk.added:
        assert part[number - 1] == lines[number + above - 1]
    assert not long or len(hunk.data) < len(after) / 2


@pytest.mark.parametrize(
    ("path", "whole"), [("app.py", False), ("secret.yaml", True), ("dump.sql", True), (".env", True), ("a.tf", True)]
)
def test_only_of_a_long_program_a_part_is_searched(path, whole):
    old = b"x = 1\n" * LONG

    assert (hunk_of(old, old + b"y = 2\n", path).start == 0) is whole
    assert hunk_of(b"x = 1\n", b"x = 1\ny = 2\n", path).start == 0


def test_a_key_pair_in_a_long_program_is_found_as_one_on_its_lines(repo, mint, collect):
    body = "".join(f"value_{number} = {number}\n" for number in range(3_000))
    pair = f"ACCESS = '{mint.aws_id()}'\n\nSECRET = '{mint.aws_secret()}'\n"
    repo.commit({"app.py": body})
    half = len(body) // 2
    middle = body.index("\n", half) + 1
    commit = repo.commit({"app.py": body[:middle] + pair + body[middle:]})
    repo.commit({"app.py": body})

    (row,) = collect(repo).secrets

    assert (row["rule"], row["commit"]) == ("aws-access-key", commit)
    assert row["line"] == body[:middle].count("\n") + 3
