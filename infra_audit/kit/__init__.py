"""The remedy kit: files made from a run's findings, for whoever mends them.

`files(inventory, evaluation)` gives each with its path. Every file says what it does, and changes nothing when it is
merely read or run without being told to. Of an account whose names are pseudonyms there are no scripts: what they named
could be somebody else's.
"""

from collections.abc import Iterator
from dataclasses import replace

from infra_audit.evaluate import Evaluation
from infra_audit.inventory import Inventory
from infra_audit.kit import imports_tf
from infra_audit.kit.buckets import bucket_syncs
from infra_audit.kit.databases import database_scripts
from infra_audit.kit.files import KitFile
from infra_audit.kit.hooks import hook_files
from infra_audit.kit.survival import survival_table
from infra_audit.kit.tags import tag_fixes

__all__ = ["KitFile", "files"]

SCRIPTS = (
    bucket_syncs,
    database_scripts,
    hook_files,
    imports_tf.files,
    tag_fixes,
)
NO_SCRIPTS = """# Where the scripts are

The names in this audit stand for others in: {accounts}. A script would look for what is not there, or find somebody
else's, so there is none. Whoever keeps the file of names can run the audit with its own names, and `--kit`.
"""


def files(inventory: Inventory, evaluation: Evaluation) -> Iterator[KitFile]:
    """Every file that the findings give rise to; paths are relative, and no two are the same."""
    yield from survival_table(inventory, evaluation)
    if hidden := inventory.redacted_accounts:
        yield KitFile("where-the-scripts-are.md", NO_SCRIPTS.format(accounts=", ".join(sorted(hidden))))
        inventory = Inventory(tuple(unit for unit in inventory.all_units if unit.place.account not in hidden))
        evaluation = replace(evaluation, findings=[one for one in evaluation.findings if one.account not in hidden])
    for make in SCRIPTS:
        yield from make(inventory, evaluation)
