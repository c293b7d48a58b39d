"""`make run`: the whole of a real practice on this machine."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from core import processes
from core.first_start import make_practice
from core.services.practice import needs_first_start


class Command(BaseCommand):
    help = "Bring the database up to date, then serve: web, worker and scheduler, until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host", default=os.environ.get("HOST") or processes.HOST, help="default: this machine only"
        )
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or processes.FIRST_PORT))

    def handle(self, **options: Any) -> None:
        try:
            self._serve(f"{options['host']}:{options['port']}")
        except KeyboardInterrupt:  # before the signals are ours: at a question, or while migrating
            sys.exit(130)

    def _serve(self, bind: str) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        if needs_first_start():
            self._say(f"{make_practice().email} can sign in now.")
        try:
            status = processes.serve_until_interrupted(bind, {}, when_ready=self._say_where)
        except processes.StartError as problem:
            raise CommandError(str(problem)) from problem
        sys.exit(status)

    def _say_where(self, url: str) -> None:
        self._say(f"Open {url} – Ctrl-C ends it.")

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
