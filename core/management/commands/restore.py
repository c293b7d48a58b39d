import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import doctor
from core.errors import DomainError
from core.services.backups import restore


class Command(BaseCommand):
    help = "Fill an empty database and an empty storage from a backup, and check what came back."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archive", type=Path)
        parser.add_argument(
            "--into-empty", action="store_true", help="say that the database and storage of the settings are meant"
        )

    def handle(self, **options: Any) -> None:
        if not options["into_empty"]:
            raise CommandError("Restoring fills the database and storage of the settings: say so with --into-empty.")
        try:
            restored = restore(path=options["archive"])
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"Restored the backup of {restored.manifest['made_at']} with {restored.files} files.")
        for name in restored.manifest.get("lost", []):
            self.stderr.write(f"warning: {name} was lost or changed before the backup was made.")
        for line in restored.lines:
            self.stdout.write(f"{line.level:8} {line.check:15} {line.text} {line.mend}".rstrip())
        if not doctor.is_well(restored.lines):
            sys.exit(1)
