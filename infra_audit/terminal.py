"""What the command line shows: progress on the error stream, tables on the other."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra_audit.accounts import Left, LeftOut
from infra_audit.evaluate import Evaluation, Finding, Gap
from infra_audit.inventory import Unit
from infra_audit.preflight import Preflight, State, Tried
from infra_audit.registry import Check

STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
MOST_ROWS = 40


class Shown:
    """A bar that counts units up to those that are expected. Thread-safe."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("Reading", total=None)
        self._expected = 0
        self._lock = threading.Lock()

    def expect(self, more: int) -> None:
        with self._lock:
            self._expected += more
            self._bar.update(self._task, total=self._expected)

    def __call__(self, unit: Unit) -> None:
        self._bar.update(self._task, advance=1, description=escape(f"{unit.place}  {unit.operation}"))


@contextmanager
def progress(*, quiet: bool) -> Iterator[Shown]:
    """Gives what is to be told of units that are expected, and called with each that ended."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as bar:
        yield Shown(bar)


def show_evaluation(evaluation: Evaluation, *, empty: Sequence[Mapping[str, str]] = (), warning: str = "") -> None:
    """Findings worst first, then what could not be assessed, the regions that are empty, and a warning."""
    console = Console()
    examined = sum(evaluation.examined.values())
    if evaluation.findings:
        console.print(_findings(evaluation.findings))
        _say_how_many_more(console, len(evaluation.findings))
    console.print(
        f"{len(evaluation.findings):,} findings; {len(evaluation.examined)} checks looked {examined:,} times."
    )
    if evaluation.gaps:
        console.print(_gaps(evaluation.gaps))
        _say_how_many_more(console, len(evaluation.gaps))
    if empty:
        console.print(f"Empty, by every list there is: {', '.join(sorted({one['region'] for one in empty}))}.")
    if warning:
        console.print(warning, style=STYLES["medium"])


def show_lines(lines: Iterable[str]) -> None:
    """Sentences as they are."""
    console = Console()
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def show_accounts(read: Sequence[Mapping[str, str]], left_out: Sequence[LeftOut], findings: Sequence[Finding]) -> None:
    """One row for each account that was named, those too that were not read."""
    found = Counter(one.account for one in findings)
    table = Table("Account", "Name", "Findings", "What became of it")
    table.columns[0].no_wrap = True
    for one in read:
        table.add_row(one["id"], escape(one.get("name") or one["alias"]), f"{found[one['id']]:,}", "read")
    for left in left_out:
        style = STYLES["high"] if left.reason == Left.FAILED else "dim"
        table.add_row(left.account, escape(left.name), "–", escape(left.message), style=style)
    Console().print(table)


def show_checks(checks: list[Check]) -> None:
    """The catalogue."""
    table = Table("Check", "Severity", "Effort", "What is bad")
    for one in checks:
        table.add_row(one.id, one.severity.value, one.effort.value, escape(one.title), style=STYLES[one.severity])
    Console().print(table)


def show_preflight(came_of_it: Preflight) -> None:
    """What is missing first, then what could not be tried, then how much is there."""
    console = Console()
    missing, untried, there = (came_of_it.of(one) for one in (State.DENIED, State.UNTRIED, State.ALLOWED))
    if missing:
        console.print(_missing(missing))
    if untried:
        table = Table("Not tried", "Because")
        for one in untried:
            table.add_row(escape(one.action), escape(one.because), style="dim")
        console.print(table)
    console.print(
        f"{len(there)} permissions are there, {len(missing)} are missing, {len(untried)} were not tried;"
        f" {came_of_it.api_calls} calls as {escape(came_of_it.caller)} at {escape(', '.join(came_of_it.places))}.",
        soft_wrap=True,
    )


def _missing(missing: list[Tried]) -> Table:
    table = Table("Missing", "Denied by", "Where", "Would be left unassessed, wholly or in part")
    table.columns[0].no_wrap = True
    for one in missing:
        cells = (one.action, one.denied_by or "", ", ".join(one.where), ", ".join(one.unassessed))
        table.add_row(*map(escape, cells), style="red")
    return table


def _findings(findings: list[Finding]) -> Table:
    table = Table("Severity", "What", "Where", "In detail")
    for one in findings[:MOST_ROWS]:
        where = one.repository or f"{one.account} {one.region}"
        name = one.path or one.resource_name or one.resource
        line = f":{one.line}" if one.path and one.line else ""
        cells = (one.severity, one.title, f"{where}\n{name}{line}", one.detail)
        table.add_row(*map(escape, cells), style=STYLES[one.severity])
    return table


def _gaps(gaps: list[Gap]) -> Table:
    table = Table("Not assessed", "Why", title="What could not be seen", title_justify="left")
    for one in gaps[:MOST_ROWS]:
        denied = f"{one.iam_action or ''} denied by {one.denied_by}".strip() if one.denied_by else ""
        why = " ".join(filter(None, (one.reason, denied or one.message)))
        where = one.resource or one.repository or f"{one.account} {one.region}"
        table.add_row(*map(escape, (f"{one.check}\n{where}", why)))  # two columns: no permission is broken in two
    return table


def _say_how_many_more(console: Console, count: int) -> None:
    if count > MOST_ROWS:
        console.print(f"… and {count - MOST_ROWS:,} more: --json or --csv writes them all.")
