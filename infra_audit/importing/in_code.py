"""What others found in code, beside what we found there: the same file, the same resource or line, the same topic."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from infra_audit.finding import Finding
from infra_audit.importing.checkov import SECRETS
from infra_audit.importing.same_meaning import ANY, TOPICS
from infra_audit.inventory import Inventory, Row

FILES = "repo.files"


def is_in_code(row: Row) -> bool:
    return bool(row.get("path"))


class InCode:
    """The repositories of a run, and what we found in them."""

    def __init__(self, inventory: Inventory, findings: Sequence[Finding]) -> None:
        self._repositories = sorted({u.place.repository for u in inventory.all_units if u.place.repository})
        self._holders: dict[str, list[str]] = defaultdict(list)
        for unit in inventory.units(FILES):
            for row in unit.rows:
                if "path" in row:
                    self._holders[row["path"]].append(unit.place.repository)
        self._by_path: dict[tuple[str, str], list[Finding]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[Finding]] = defaultdict(list)
        for finding in findings:
            if finding.path:
                self._by_path[finding.repository, finding.path].append(finding)
                self._by_name[finding.repository, finding.resource_name].append(finding)

    def located(self, row: Row) -> Row:
        """With the path as the repository has it, that repository, and the resource as we would name it.

        A tool names files from where it was started, which may be above or inside the repository. A file that several
        repositories have is of none.
        """
        given = row["path"].replace("\\", "/")
        parts = [part for part in given.split("/") if part not in {"", "."}]
        path, holders = "/".join(parts), list[str]()
        for start in range(len(parts)):
            if holders := self._holders.get("/".join(parts[start:]), []):
                path = "/".join(parts[start:])
                break
        repository = holders[0] if len(holders) == 1 else ""
        if not holders and len(self._repositories) == 1:
            repository = self._repositories[0]
        name = (
            row["resource_name"].rpartition("::")[2].partition(".")[2]
            if _is_cloudformation(row)
            else row["resource_name"]
        )
        resource = f"{path}#{name}" if name else f"{path}:{row['line']}"
        return {**row, "path": path, "repository": repository, "resource": resource, "resource_name": name}

    def same(self, row: Row) -> list[Finding]:
        """Ours that speak of the same at the same place."""
        topic = topic_of(row)
        if not topic:
            return []
        there = self._by_path.get((row["repository"], row["path"]), [])
        named = self._by_name.get((row["repository"], row["resource_name"]), []) if row["resource_name"] else []
        return list({id(one): one for one in [*there, *named] if one.check in topic and _is_there(one, row)}.values())


def topic_of(row: Row) -> tuple[str, ...]:
    """Our checks that look at what this one of theirs looks at."""
    topics: Mapping[str, tuple[str, ...]] = TOPICS.get(row["tool"], {})
    return topics.get(SECRETS if row["check"].startswith(SECRETS) else row["check"], topics.get(ANY, ()))


def _is_there(ours: Finding, row: Row) -> bool:
    """By the resource's name where both tell one, and by the line else."""
    if row["resource_name"] and ours.resource_name == row["resource_name"]:
        return True
    lines = range(row["line"], row["last_line"] + 1)
    return ours.path == row["path"] and ours.line in lines


def _is_cloudformation(row: Row) -> bool:
    """Checkov calls a resource of a template by its type and name: `AWS::RDS::DBInstance.Orders`."""
    return "::" in row["resource_name"]
