"""A run on a terminal: what is being read, and what was found."""

import threading
from collections import Counter
from collections.abc import Callable

from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from discovery.models import Run
from discovery.queries_accounts import accounts_left_out
from infra_audit import repository_wording
from infra_audit.registry import Severity

POLL_S = 0.3
WORKERS = 4
STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}


def show_progress(run: Run, *, drain: Callable[..., None], quiet: bool) -> None:
    """Execute the run in a few threads, with a bar on the terminal's error stream."""
    if quiet:
        drain(run=run, workers=WORKERS, is_watched=False)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
    finished = threading.Event()
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        watcher = threading.Thread(target=_watch, args=(run, bar, finished), daemon=True)
        watcher.start()
        try:
            drain(run=run, workers=WORKERS)
        finally:
            finished.set()
            watcher.join()


def _watch(run: Run, bar: Progress, finished: threading.Event) -> None:
    task = bar.add_task(f"Auditing {run.organisation.name}", total=None, note="")
    try:
        while not finished.wait(POLL_S):
            _update(run, bar, task)
        _update(run, bar, task)
    finally:
        connection.close()


def _update(run: Run, bar: Progress, task: object) -> None:
    planned = sum(len(shard) for shard in run.shards.values_list("planned", flat=True))
    done, found = run.units.count(), run.occurrences.count()
    bar.update(task, total=max(planned, done) or None, completed=done, note=f"{done} read, {found} findings")  # type: ignore[arg-type]


def show_result(run: Run) -> None:
    """Findings by severity, and how much could not be assessed."""
    console = Console()
    counts = Counter(run.occurrences.bad().values_list("severity", flat=True))
    table = Table(title=f"{run.organisation.name}: {run.get_status_display()}", title_justify="left")
    table.add_column("Severity")
    table.add_column("Findings", justify="right")
    for severity in Severity:
        table.add_row(severity.value.title(), str(counts[severity.value]), style=STYLES[severity.value])
    console.print(table)
    for one in accounts_left_out(run):
        console.print(f"{one.name} {one.account}: {one.message}".strip(), markup=False, soft_wrap=True)
    for line in repository_wording.lines(run.result):
        console.print(line, markup=False, soft_wrap=True)
    gaps = len(run.result["not_assessed"])
    if gaps:
        console.print(f"{gaps} things were not assessed; the documents name each, with the permission it lacks.")
