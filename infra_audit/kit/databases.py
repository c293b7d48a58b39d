"""A script for each database of which nothing would survive: a dump into a bucket, else a manual snapshot."""

from collections.abc import Iterator

from infra_audit.evaluate import Evaluation
from infra_audit.inventory import Inventory, Row
from infra_audit.kit.files import KitFile
from infra_audit.kit.scripts import Paths, script

CHECK = "rds_nothing_survives_deletion"
DUMPS = {
    "postgres": "dump_postgres.sh.txt",
    "aurora-postgresql": "dump_postgres.sh.txt",
    "mysql": "dump_mysql.sh.txt",
    "mariadb": "dump_mysql.sh.txt",
    "aurora-mysql": "dump_mysql.sh.txt",
}
PORTS = {"dump_postgres.sh.txt": 5432, "dump_mysql.sh.txt": 3306}
SNAPSHOTS = {
    "rds:db": {"OPERATION": "create-db-snapshot", "NOUN": "db-instance"},
    "rds:cluster": {"OPERATION": "create-db-cluster-snapshot", "NOUN": "db-cluster"},
}


def database_scripts(inventory: Inventory, evaluation: Evaluation) -> Iterator[KitFile]:
    """`databases/<account>/<region>/<name>-dump.sh`, or `-snapshot.sh` for engines without a dump of their own."""
    paths = Paths()
    for finding in evaluation.findings:
        found = inventory.find(finding.resource) if finding.check == CHECK else None
        if found:
            yield _script(paths, found[0], finding.account, finding.region)


def _script(paths: Paths, database: Row, account: str, region: str) -> KitFile:
    values = {"ACCOUNT": account, "REGION": region, "NAME": database["name"]}
    where = ("databases", account, region, database["name"])
    template = DUMPS.get(database.get("engine", ""))
    if template is None:
        words = SNAPSHOTS[database["type"]]
        return KitFile(paths.of(*where, ending="-snapshot.sh"), script("snapshot.sh.txt", values, words=words))
    values |= {
        "ADDRESS": database.get("address"),
        "PORT": database.get("port") or PORTS[template],
        "USER": database.get("master_user"),
        "SECRET": database.get("master_secret"),
    }
    return KitFile(paths.of(*where, ending="-dump.sh"), script(template, values))
