"""The warehouse: a repository with nothing wrong by the first checks, apart from holding no infrastructure."""

from datetime import UTC, datetime, timedelta

from demo.repository import Commit, Sample

NAME = "harbour-pine-warehouse"
BEGUN = datetime(2025, 2, 10, 13, 5, tzinfo=UTC)

README = """# Warehouse

Tells the people in the warehouse what to pick next, and prints the labels.

## Run it

    docker compose up
    open http://localhost:8080

## Test it

    python -m pytest

## Deploy it

Every push to `main` is built and rolled out by CI; `make rollback` brings the last release back.

## How it works

The shop sends orders over a queue; `picking.py` sorts their lines by shelf, and the printer takes them.

## Who to ask

The warehouse team, in the channel #warehouse.
"""

OWNERS = "* @harbour-pine/warehouse\n"

PICKING = '''"""What to pick next."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One article of one order, and where it lies."""

    article: str
    shelf: str
    count: int


def route(lines: list[Line]) -> list[Line]:
    """In the order of the shelves, so that nobody walks twice."""
    return sorted(lines, key=lambda line: line.shelf)
'''

TEST = """from picking import Line, route


def test_nobody_walks_twice():
    assert [line.shelf for line in route([Line("tent", "B2", 1), Line("stove", "A1", 2)])] == ["A1", "B2"]
"""

SETTINGS = """import os

PRINTER_PASSWORD = os.environ["PRINTER_PASSWORD"]
PASSWORD_FILE = "/run/secrets/printer"
TOKEN_TTL_S = 3600
"""

WORKFLOW = """name: test
on: [push]
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: python -m pytest
"""


def warehouse() -> Sample:
    """The warehouse's repository, ready to be built."""
    steps: tuple[tuple[str, str, dict[str, str | None]], ...] = (
        (
            "cleo",
            "Pick in the order of the shelves",
            {"README.md": README, "picking.py": PICKING, "CODEOWNERS": OWNERS},
        ),
        ("cleo", "Test it", {"test_picking.py": TEST, ".github/workflows/test.yml": WORKFLOW}),
        ("ben", "Print labels", {"settings.py": SETTINGS}),
    )
    sample = Sample(NAME)
    for number, (author, message, files) in enumerate(steps):
        sample.commits.append(Commit(BEGUN + timedelta(days=31 * number), author, message, files))
    return sample
