"""The whole product on an emulated account: set up anew, audited through the real queue, then served."""

import os
import shutil
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from portal import demonstration

NO_PDF = 3


class Command(BaseCommand):
    help = "Show the product on an emulated AWS account and a sample repository, until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop after the PDF is written")
        parser.add_argument("--code", action="store_true", help="print the consultant's current sign-in code")

    def handle(self, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "var" / "demo"
        if not settings.DEMO or Path(settings.VAR_DIR) != folder:
            self._start_again_in(folder, fresh=not options["code"])
        if options["code"]:
            self.stdout.write(demonstration.current_code())
            return
        if not demonstration.show(once=options["once"], say=self._say):
            sys.exit(NO_PDF)

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()

    def _start_again_in(self, folder: Path, *, fresh: bool) -> None:
        """Become the same command with settings that touch nothing of a real practice, whatever `.env` says."""
        if fresh and folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **demonstration.environment(folder)}
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)  # noqa: S606  (ourselves, no shell)
