"""Checks the hash chain of every engagement's ledger, or of one: exit status 1 with the first row that breaks it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from engagements.models import Engagement
from engagements.services import ledger


class Command(BaseCommand):
    help = "Check that no row of a scope ledger was changed, left out or put in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("engagement", nargs="?", help="the engagement's address in its URL; without it all")

    def handle(self, *args: Any, engagement: str | None = None, **options: Any) -> None:
        rows = Engagement.objects.order_by("pk")
        chosen = rows.filter(public_id=engagement) if engagement else rows
        broken = 0
        for one in chosen.iterator():
            bad = ledger.first_broken(one)
            if bad:
                broken += 1
                self.stderr.write(
                    f"{one} ({one.public_id}): row {bad.position} does not follow from the one before it."
                )
        if engagement and not chosen.exists():
            self.stderr.write("There is no such engagement.")
            sys.exit(2)
        self.stdout.write(f"{chosen.count()} ledgers checked, {broken} broken.")
        if broken:
            sys.exit(1)
