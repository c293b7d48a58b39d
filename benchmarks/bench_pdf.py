"""What an executive summary costs: CPU seconds, memory and size, for 500 and for 20,000 findings.

The findings are spread over every check of the catalogue and go the whole way: database, draft, content, HTML, PDF.
Peer: the same findings as one plain table through WeasyPrint in the same kind of child, automatic layout, nothing cut.
"""

import io
import os
import resource
import sys
import tempfile
import time
from dataclasses import dataclass

from pypdf import PdfReader

SECONDS = {500: 3.0, 20_000: 10.0}
MEGABYTES = 300
FILE_MB = 2.0
PEER_ROWS = 500
TRIES = 3


@dataclass(frozen=True)
class Drawn:
    """`cpu_s` and `peak_mb` are the drawing child's, `peak_mb` the highest so far; `content_s` is from database to
    snapshot, in this process."""

    what: str
    cpu_s: float
    peak_mb: float
    file_mb: float
    pages: int
    content_s: float = 0.0

    def __str__(self):
        return (
            f"{self.what:<28} {self.cpu_s:6.2f} CPU s  {self.peak_mb:6.0f} MB  {self.file_mb:5.2f} MB file"
            f"  {self.pages:4} pages  {self.content_s:5.2f} s before"
        )


def children():
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime, spent.ru_maxrss / 1024


def measured(what, render, *, content_s=0.0):
    """The best of a few: a machine that does other work besides makes every CPU second longer."""
    spent = []
    for _again in range(TRIES):
        before, _peak = children()
        pdf = render()
        after, peak = children()
        spent.append(after - before)
    return Drawn(what, min(spent), peak, len(pdf) / 1e6, len(PdfReader(io.BytesIO(pdf)).pages), content_s)


def summary_of(number):
    from discovery import documents
    from discovery.services.summaries import draft_summary, snapshot_of
    from infra_audit.registry import catalogue
    from tests.repository_factories import told_of_repositories
    from tests.summary_factories import make_told_run

    ids = list(catalogue())
    share = {check_id: number // len(ids) + (i < number % len(ids)) for i, check_id in enumerate(ids)}
    run = make_told_run(found=share)
    run.result |= told_of_repositories()
    run.save()
    summary = draft_summary(run=run, actor=None)
    start = time.process_time()
    snapshot = snapshot_of(summary)
    content_s = time.process_time() - start
    return measured(
        f"summary, {number:,} findings", lambda: documents.summary_pdf(snapshot, draft=False), content_s=content_s
    )


def plain_table():
    from core.pdf import render_pdf

    row = "<tr><td>orders</td><td>eu-west-1</td><td style='word-break: break-all'>{}</td></tr>"
    arns = (f"arn:aws:rds:eu-west-1:123456789012:db:orders-{i:05}" for i in range(PEER_ROWS))
    html = f"<!doctype html><title>x</title><table>{''.join(map(row.format, arns))}</table>"
    return measured(f"peer: one table, {PEER_ROWS} rows", lambda: render_pdf(html, title="Peer"))


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = folder
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/db.sqlite3"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        over = []
        for number, most in SECONDS.items():
            drawn = summary_of(number)
            print(drawn)
            if drawn.cpu_s > most or drawn.peak_mb > MEGABYTES or drawn.file_mb > FILE_MB:
                over.append(drawn.what)
        print(plain_table())
    if over:
        print(f"Over budget: {', '.join(over)}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
