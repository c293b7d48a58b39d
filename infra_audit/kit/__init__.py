"""The remedy kit: files made from a run's findings, for whoever mends them.

`files(inventory, evaluation)` gives each with its path. Every file says what it does, and changes nothing when it is
merely read or run without being told to.
"""

from collections.abc import Iterator

from infra_audit.evaluate import Evaluation
from infra_audit.inventory import Inventory
from infra_audit.kit import imports_tf
from infra_audit.kit.buckets import bucket_syncs
from infra_audit.kit.databases import database_scripts
from infra_audit.kit.files import KitFile
from infra_audit.kit.survival import survival_table
from infra_audit.kit.tags import tag_fixes

__all__ = ["KitFile", "files"]

MAKERS = (
    bucket_syncs,
    database_scripts,
    imports_tf.files,
    survival_table,
    tag_fixes,
)


def files(inventory: Inventory, evaluation: Evaluation) -> Iterator[KitFile]:
    """Every file that the findings give rise to; paths are relative, and no two are the same."""
    for make in MAKERS:
        yield from make(inventory, evaluation)
