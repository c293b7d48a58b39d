"""What the checks on a repository as a whole share."""

from collections.abc import Collection, Iterator

from infra_audit.inventory import Inventory, Row

FILES = "repo.files"
TOOLS = "repo.tools"
DOCUMENTS = "repo.documents"
CODE = "code"
RUNS_SOMEWHERE = frozenset({"containers", "orchestration", "iac"})
REPOSITORY: Row = {"arn": "repo:shop", "type": "git:repository", "name": "shop", "tags": {}, "is_empty": False}
PYTHON: Row = {"category": "language", "name": "Python", "version": "3.12", "path": "shop/app.py", "files": 40}
HELPERS = frozenset({"Shell", "PowerShell", "SQL"})


def repositories(inventory: Inventory) -> Iterator[Row]:
    """The repository's own row, where there is a commit to judge."""
    return (row for row in inventory[FILES] if row.get("type") == "git:repository" and not row["is_empty"])


def tools(inventory: Inventory, categories: Collection[str]) -> list[Row]:
    return [row for row in inventory[TOOLS] if row["category"] in categories]


def holds_a_program(inventory: Inventory) -> bool:
    """Whether there is code beyond a few helping scripts."""
    return any(row["name"] not in HELPERS for row in tools(inventory, {"language"}))


def answer(inventory: Inventory, question: str) -> Row:
    """The row of `repo.documents` on a question; one without an answer where there is none."""
    rows = (row for row in inventory[DOCUMENTS] if row["question"] == question)
    return next(rows, {"question": question, "is_answered": False, "kind": None, "path": None})


def said(question: str, path: str = "README.md", kind: str = "heading") -> Row:
    """An answered question, for the checks' examples."""
    return {"question": question, "is_answered": True, "kind": kind, "path": path, "line": 3, "text": "", "places": 1}


def unsaid(question: str) -> Row:
    """A question without an answer, for the checks' examples."""
    return {
        "question": question,
        "is_answered": False,
        "kind": None,
        "path": None,
        "line": None,
        "text": "",
        "places": 0,
    }
