"""How long the value of a contract of 10,000 ledger rows takes, on what TEST_DATABASE names, else on SQLite."""

import os
import sys
import tempfile
import time
from pathlib import Path

BUDGET_MS = 50.0
ROWS = 10_000

folder = tempfile.mkdtemp(prefix="ledger-")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(folder) / 'db.sqlite3'}")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django  # noqa: E402

django.setup()

from decimal import Decimal  # noqa: E402

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from core.money import Money  # noqa: E402
from engagements.ledger_queries import contract_value, items_with_values, value_over_time  # noqa: E402
from engagements.models import ScopeEntry  # noqa: E402
from engagements.services import ledger  # noqa: E402
from tests.factories import make_client, make_consultant  # noqa: E402
from tests.scope_factories import make_engagement  # noqa: E402


def best_ms(act):
    times = []
    for _time in range(5):
        started = time.perf_counter()
        act()
        times.append((time.perf_counter() - started) * 1000)
    return min(times)


def main():
    call_command("migrate", verbosity=0)
    engagement = make_engagement(make_client("ben"), owner=make_consultant("ada"))
    item, baseline = engagement.items.first(), engagement.change_sets.get()
    row = ledger.Row(ScopeEntry.Kind.ADJUST, item, Money("0.01", "USD"), Decimal(0))
    ledger.append(change_set=baseline, rows=[row] * (ROWS - 4), actor=None)
    assert contract_value(engagement) == Money("10099.96", "USD")
    figures = {
        "value of the contract": best_ms(lambda: contract_value(engagement)),
        "value of every item": best_ms(lambda: items_with_values(engagement)),
        "value over time": best_ms(lambda: value_over_time(engagement)),
        "the whole chain verified": best_ms(lambda: ledger.first_broken(engagement)),
    }
    print(f"{ROWS:,} rows on {connection.vendor}")
    for name, took in figures.items():
        print(f"{name:26} {took:8.1f} ms")
    return int(figures["value of the contract"] > BUDGET_MS)


if __name__ == "__main__":
    sys.exit(main())
