"""A sync job for each bucket that keeps state, backups or logs and has no copy elsewhere."""

from collections.abc import Iterator

from infra_audit.evaluate import Evaluation
from infra_audit.inventory import Inventory
from infra_audit.kit.files import KitFile
from infra_audit.kit.scripts import Paths, script

CHECK = "s3_no_copy_elsewhere"


def bucket_syncs(inventory: Inventory, evaluation: Evaluation) -> Iterator[KitFile]:
    """`buckets/<account>/<bucket>-sync.sh`."""
    paths = Paths()
    for finding in evaluation.findings:
        if finding.check == CHECK:
            path = paths.of("buckets", finding.account, finding.resource_name, ending="-sync.sh")
            values = {"NAME": finding.resource_name, "REGION": finding.region}
            yield KitFile(path, script("bucket_sync.sh.txt", values))
