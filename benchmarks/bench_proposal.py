"""What a proposal's PDF costs: CPU seconds, memory and size, of a usual one and of a long one."""

import datetime as dt
import io
import os
import resource
import sys
import tempfile
from decimal import Decimal

from pypdf import PdfReader

SIZES = {"usual, 7 lines": (7, 2.0), "long, 60 lines": (60, 6.0)}  # lines, CPU seconds
FILE_MB = 0.5
TRIES = 3


def children():
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime, spent.ru_maxrss / 1024


def offer_of(number):
    """An offer with every part of the document, made without a database."""
    from core.money import Money
    from engagements.offer import WORDS, Offer, OfferLine, OfferTerms
    from engagements.starters import starter

    begun = starter("fixed_bid")
    kinds = ["included", "included", "included", "option", "included", "alternative", "alternative"]
    lines = tuple(
        OfferLine(
            key=str(n),
            kind=kinds[n % 7],
            choice="Package" if kinds[n % 7] == "alternative" else "",
            is_recommended=n % 7 == 6,
            recommendation="",
            title=f"Line {n}: backups that restore within the hour",
            outcome="Backups are made every night, kept for 35 days, and copied to a second account. " * 2,
            done_when="One database of each kind was restored before your eyes.",
            price=Money(Decimal(1000 + n), "USD"),
            topic="",
        )
        for n in range(number)
    )
    words = dict.fromkeys(WORDS, "Some words that a client reads, in **Markdown**.\n\n- One\n- Two") | begun.words
    return Offer(
        reference="P-7",
        title="Backups that restore",
        client="Larkfield Health",
        practice="Harbour Lane",
        practice_address="12 Quay Street",
        kind="fixed_bid",
        currency="USD",
        locale="en_US",
        lines=lines,
        exclusions=begun.exclusions,
        assumptions=begun.assumptions,
        trade_tolerance=Money(0, "USD"),
        deposit_percent=30,
        payment_plan=(("When half of the work is delivered", Decimal(40)),),
        cap=None,
        rate=None,
        credited_until_days=60,
        terms=OfferTerms(begun.terms.name, 1, begun.terms.plain_words, begun.terms.body, 5, "", ""),
        starts_on=dt.date(2026, 12, 7),
        finishes_on=dt.date(2027, 1, 29),
        valid_until=dt.date(2026, 12, 14),
        **words,
    )


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = folder
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/db.sqlite3"
        import django

        django.setup()
        from engagements import documents

        over = []
        for what, (number, most) in SIZES.items():
            offer, spent = offer_of(number), []
            for _again in range(TRIES):
                before, _peak = children()
                pdf = documents.offer_pdf(offer, digest="0" * 64)
                after, peak = children()
                spent.append(after - before)
            pages = len(PdfReader(io.BytesIO(pdf)).pages)
            print(
                f"proposal, {what:<16} {min(spent):5.2f} CPU s (best of {TRIES})  {peak:4.0f} MB"
                f"  {len(pdf) / 1e6:4.2f} MB file  {pages:3} pages"
            )
            over += [what] if min(spent) > most or len(pdf) / 1e6 > FILE_MB else []
    if over:
        print(f"Over budget: {', '.join(over)}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
