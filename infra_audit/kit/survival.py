"""What would be left of everything that holds data, one sentence each: to be read out, and to be disputed."""

from collections.abc import Iterator

from infra_audit.evaluate import Evaluation
from infra_audit.inventory import Inventory
from infra_audit.kit.files import KitFile
from infra_audit.survival import sentences

HEAD = """# What survives deletion

One sentence on each database, table and shared file system, by what AWS itself said during the audit. Dumps by your own
scripts, and what other accounts copied for themselves, are invisible to us. This file changes nothing.

| region | name | verdict |
|---|---|---|
"""


def survival_table(inventory: Inventory, evaluation: Evaluation) -> Iterator[KitFile]:
    """`what-survives-deletion.md`, where there is anything that holds data."""
    lines = [
        f"| {_cell(region)} | {_cell(row['name'])} | {_cell(sentence)} |\n"
        for row, region, sentence in sentences(inventory)
    ]
    if lines:
        yield KitFile("what-survives-deletion.md", HEAD + "".join(sorted(lines)))


def _cell(text: str) -> str:
    """Plain text inside a table of Markdown, whatever the account called its things."""
    flat = " ".join(text.split())
    return "".join(f"\\{one}" if one in "\\`*_{}[]<>|#!" else one for one in flat)
