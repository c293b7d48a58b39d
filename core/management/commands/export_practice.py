from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import DomainError
from core.services.exports import export_to


class Command(BaseCommand):
    help = "Everything of the practice as one ZIP: tables as JSON Lines and CSV, and all files. No password, no key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the ZIP to write; its owner alone may read it")

    def handle(self, **options: Any) -> None:
        try:
            told = export_to(options["file"])
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            f"{options['file']}: {told['tables']} tables with {told['rows']} rows, {told['files']} files."
        )
        if told["lost"]:
            self.stderr.write(f"warning: {told['lost']} files were no longer in the storage.")
