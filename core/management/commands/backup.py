from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.errors import DomainError
from core.services.backups import back_up


class Command(BaseCommand):
    help = "Write database and files into one archive. FIELD_KEYS are not in it: keep a copy of them elsewhere."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, default=Path(settings.BACKUP_DIR), help="folder; default: BACKUP_DIR")
        parser.add_argument("--keep", type=int, help="how many to keep there; older ones go when this one is whole")

    def handle(self, **options: Any) -> None:
        if options["keep"] is not None and options["keep"] < 1:
            raise CommandError("--keep must be 1 or more.")
        try:
            made = back_up(folder=options["to"], keep=options["keep"])
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        for name in made.lost:
            self.stderr.write(f"warning: {name} is not in the storage as it was stored; the backup goes on without it.")
        self.stdout.write(f"{made.path}: the database and {made.files} files.")
        self.stdout.write("FIELD_KEYS and SECRET_KEY are not in it. Keep a copy of them elsewhere.")
