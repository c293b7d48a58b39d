"""The day's follow-ups by mail, for who runs no scheduler, or wants them now."""

from typing import Any

from django.core.management.base import BaseCommand

from outreach.services.digests import send_todays_digests


class Command(BaseCommand):
    help = "Mail each consultant the follow-ups that are due, once a day; says how many mails went out."

    def handle(self, **options: Any) -> None:
        self.stdout.write(str(send_todays_digests(at_any_hour=True)))
