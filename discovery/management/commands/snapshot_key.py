"""What a client sets as INFRA_AUDIT_KEY, so that secrets are recognised from one snapshot of theirs to the next."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.models import Organisation
from discovery.services import targets


class Command(BaseCommand):
    help = "Print the key with which a client reads an account for you: the same each time, and no other client's."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--client", required=True, metavar="NAME")

    def handle(self, **options: Any) -> None:
        organisation = Organisation.objects.filter(name=" ".join(options["client"].split())).first()
        if organisation is None:
            raise CommandError(f"There is no client called {options['client']}.")
        self.stdout.write(targets.snapshot_key_for(organisation))
