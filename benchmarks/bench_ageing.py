"""How long the ageing of 10,000 invoices takes, on what DATABASE_URL names, else on SQLite.

All of them are owed, by 200 clients in three currencies, each with a snapshot of a usual size: the worst a table of
10,000 can be. For PostgreSQL give an empty database: DATABASE_URL=postgres://… make bench ARGS=ageing
"""

import os
import sys
import tempfile
import time
from pathlib import Path

BUDGET_MS = 150.0
ROWS = 10_000
CLIENTS = 200

folder = tempfile.mkdtemp(prefix="ageing-")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(folder) / 'db.sqlite3'}")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django  # noqa: E402

django.setup()

import datetime as dt  # noqa: E402

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from billing.ageing import ageing  # noqa: E402
from billing.models import Invoice  # noqa: E402
from core.models import Organisation  # noqa: E402
from core.money import Money  # noqa: E402
from tests.factories import make_client, make_consultant, make_organisation  # noqa: E402
from tests.scope_factories import make_engagement  # noqa: E402

TODAY = dt.date(2026, 11, 23)


def fill():
    engagement = make_engagement(make_client("ben"), owner=make_consultant("ada"))
    clients = [make_organisation(f"Client {n}") for n in range(CLIENTS)]
    assert Organisation.objects.count() > CLIENTS
    rows = []
    for n in range(ROWS):
        currency = ("USD", "KWD", "JPY")[n % 3]
        amount, nothing = Money(1000 + n, currency), Money(0, currency)
        issued = TODAY - dt.timedelta(days=n % 150)
        rows.append(
            Invoice(
                organisation=clients[n % CLIENTS],
                engagement=engagement,
                kind=Invoice.Kind.PROGRESS,
                status=Invoice.Status.ISSUED,
                title=f"Invoice {n}",
                number=n + 1,
                reference=f"INV-2026-{n + 1:05d}",
                issued_on=issued,
                due_on=issued + dt.timedelta(days=14),
                snapshot={"lines": ["x" * 300] * 8},
                **dict.fromkeys(("net", "total", "due"), amount),
                **dict.fromkeys(("tax", "deducted", "paid", "credited"), nothing),
            )
        )
    Invoice.objects.bulk_create(rows, batch_size=500)


def best_ms(act):
    times = []
    for _time in range(7):
        started = time.perf_counter()
        act()
        times.append((time.perf_counter() - started) * 1000)
    return min(times)


def main():
    call_command("migrate", verbosity=0)
    fill()
    found = ageing(TODAY)
    assert [one.currency for one in found] == ["JPY", "KWD", "USD"]
    assert sum(one.owed.amount for one in found) == sum(1000 + n for n in range(ROWS))
    started = time.process_time()
    took = best_ms(lambda: ageing(TODAY))
    print(f"CPU {(time.process_time() - started) * 1000 / 7:.1f} ms")
    print(f"{ROWS:,} invoices of {CLIENTS} clients on {connection.vendor}")
    print(f"ageing {took:8.1f} ms (best of 7), budget {BUDGET_MS:.0f} ms")
    return int(took > BUDGET_MS)


if __name__ == "__main__":
    sys.exit(main())
