"""What the collectors of one repository on GitHub share, and how one of them says what it read."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from infra_audit.collectors.repo.files import repository_arn
from infra_audit.github.client import GitHub
from infra_audit.github.refusals import RefusedError
from infra_audit.inventory import Ending, Row

METADATA = "Metadata: read"


@dataclass(frozen=True)
class Told:
    """How one operation went. `permission` is what is missing where it is not all."""

    rows: tuple[Row, ...]
    ending: Ending = Ending.OK
    permission: str | None = None
    denied_by: str | None = None
    message: str = ""


@dataclass
class OnGitHub:
    """One repository while GitHub is asked about it. `slug` is "owner/name", `name` what the audit calls it."""

    github: GitHub
    slug: str
    name: str
    now: datetime
    _about: Row | RefusedError | None = None

    @property
    def arn(self) -> str:
        return repository_arn(self.name)

    @property
    def about(self) -> Row:
        """The repository itself: asked for once, and under the name that it has now. Raises RefusedError."""
        if self._about is None:
            try:
                self._about = self.github.get(f"/repos/{self.slug}", permission=METADATA).data
            except RefusedError as refusal:
                self._about = refusal
        if isinstance(self._about, RefusedError):
            raise self._about
        return self._about or {}

    @property
    def is_archived(self) -> bool:
        return bool(self.about.get("archived"))

    @property
    def branch(self) -> str:
        return str(self.about.get("default_branch") or "")

    def path(self, *parts: str) -> str:
        """Of something inside the repository; each part may hold any sign."""
        slug = str(self.about.get("full_name") or self.slug)
        return "/".join((f"/repos/{slug}", *(quote(part, safe="") for part in parts)))


def partly(rows: tuple[Row, ...], refusals: list[RefusedError]) -> Told:
    """What is there although some questions were refused; the first of them is named."""
    if not refusals:
        return Told(rows)
    first = refusals[0]
    return Told(rows, Ending.PARTIAL, first.permission, first.denied_by, str(first))
