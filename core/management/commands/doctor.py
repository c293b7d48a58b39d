"""`manage.py doctor`: is this installation well, and if not, what is the mend?"""

import json
import logging
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import doctor


class Command(BaseCommand):
    help = "Look at settings, database, queue, mail, files and machine. Exit 0: nothing is at fault; 1: something is."
    requires_system_checks: list[str] = []  # a database that is away is a line of the report, no traceback

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("check", nargs="*", help="only these, as the report names them")
        parser.add_argument("--thorough", action="store_true", help="also read every stored file and every ledger")
        parser.add_argument("--json", action="store_true", help="for programs: one object on standard output")

    def handle(self, **options: Any) -> None:
        if unknown := set(options["check"]) - set(doctor.names()):
            raise CommandError(
                f"There is no check {', '.join(sorted(unknown))}. There are: {', '.join(doctor.names())}."
            )
        if options["verbosity"] >= 3:
            logging.getLogger("core.doctor").setLevel(logging.DEBUG)
        else:
            logging.disable(logging.WARNING)  # what the libraries have to say stands in the report
        try:
            lines = doctor.examine(doctor.names() if options["thorough"] else options["check"])
        finally:
            logging.disable(logging.NOTSET)
        self.stdout.write(json.dumps(doctor.as_json(lines), indent=1) if options["json"] else "\n".join(_told(lines)))
        if not doctor.is_well(lines):
            sys.exit(1)


def _told(lines: list[doctor.Line]) -> list[str]:
    told = []
    for line in lines:
        told.append(f"{line.level:8} {line.check:15} {line.text}")
        if line.mend:
            told.append(f"{'':24} → {line.mend}")
    faults = sum(line.level == doctor.Level.FAULT for line in lines)
    told.append("All is well." if not faults else f"{faults} at fault.")
    return told
