from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

OWNERSHIP = "repo.ownership"
WHOLE = "."
FEWEST_COMMITS = 20
ONE_PERSONS = 0.8
FOLDER: Row = {
    "folder": "billing",
    "commits": 180,
    "people": 4,
    "share": 0.6,
    "recent_commits": 50,
    "recent_people": 2,
    "recent_share": 0.94,
}


@check(
    id="bus_factor_one",
    title="Only one person knows a part of the code",
    headline="{n} of {m} parts of the code depend on one person",
    good_news="All {m} parts of the code are changed by several people.",
    severity=Severity.LOW,
    effort=Effort.WEEKS,
    why="When that person is ill, on leave or gone, nobody else can change that part with confidence.",
    action="Let a second person work on each part",
    consequence="a part of the code could be left without anybody who knows it",
    needs=(OWNERSHIP,),
    remedy="Let a second person make the next changes there, with the first as reviewer, and write down what comes up.",
    source="https://chaoss.community/kb/metric-contributor-absence-factor/",
    bad={OWNERSHIP: [FOLDER]},
    good={OWNERSHIP: [{**FOLDER, "recent_people": 3, "recent_share": 0.5}]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def bus_factor_one(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """The last twelve months count where there is enough of them, else all of the history. Of folders inside one
    another the outermost is told. Who it is, is not known here: people are counted, never named."""
    bad: list[str] = []
    for row in sorted(inventory[OWNERSHIP], key=lambda row: (row["folder"] != WHOLE, row["folder"])):
        folder = row["folder"]
        if any(folder.startswith(f"{outer}/") or outer == WHOLE for outer in bad):
            continue
        is_recent = row["recent_commits"] >= FEWEST_COMMITS
        commits, share = (row["recent_commits"], row["recent_share"]) if is_recent else (row["commits"], row["share"])
        if commits < FEWEST_COMMITS:
            continue
        is_bad = share >= ONE_PERSONS
        if is_bad:
            bad.append(folder)
        yield Verdict(
            resource=folder,
            bad=is_bad,
            detail=f"One person made {share * 100:.0f} % of the {commits:,} commits"
            f" {'to this repository' if folder == WHOLE else f'in {folder}/'}"
            f" {'in the last twelve months' if is_recent else 'in all of its history'}.",
            evidence={"folder": folder, "share": share, "commits": commits, "is_of_last_year": is_recent},
            resource_type="git:folder",
            resource_name="the whole repository" if folder == WHOLE else f"{folder}/",
            path=None if folder == WHOLE else folder,
        )
