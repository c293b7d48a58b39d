from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

MANIFESTS = "repo.manifests"
LIBRARY = "One step milder: it is made to be built into something else, which decides on versions."
MANIFEST: Row = {"path": "web/package.json", "ecosystem": "npm", "packages": 24, "lock": None, "is_library": False}


@check(
    id="lock_file_missing",
    title="Nothing says which versions of other people's code are used",
    headline="{n} of {m} lists of other people's packages have no lock file",
    good_news="All {m} lists of other people's packages have a lock file.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="Each build takes whatever is newest that day: what was tested is not what is shipped, and a poisoned"
    " release comes in by itself.",
    action="Commit lock files",
    consequence="a build could bring in code that nobody has chosen",
    needs=(MANIFESTS,),
    remedy="Let the package manager write its lock file, commit it, and build from it alone (npm ci, pip install"
    " --require-hashes, bundle install --frozen).",
    source="https://docs.npmjs.com/cli/configuring-npm/package-lock-json",
    bad={MANIFESTS: [MANIFEST]},
    good={MANIFESTS: [{**MANIFEST, "lock": "package-lock.json"}]},
    scope=Scope.REPOSITORY,
)
def lock_file_missing(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """A workspace's lock file in a folder above counts, and so does a list in which every version is named."""
    for row in inventory[MANIFESTS]:
        packages = f"{row['packages']:,} packages" if row["packages"] > 1 else "one package"
        yield Verdict(
            resource=row["path"],
            bad=row["lock"] is None,
            detail=f"{row['path']} asks for {packages} ({row['ecosystem']}), and no lock file lies beside it or above.",
            evidence={"ecosystem": row["ecosystem"], "packages": row["packages"]},
            severity=Severity.LOW if row["is_library"] else None,
            severity_reason=LIBRARY if row["is_library"] else "",
            resource_type="git:manifest",
            resource_name=row["path"],
            path=row["path"],
            at_head=True,
        )
