import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from core.errors import DomainError
from core.models import User
from core.services.people import add_consultant


class Command(BaseCommand):
    help = (
        "Let another consultant of the practice sign in. The password is asked for, or taken from CONSULTANT_PASSWORD."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")

    def handle(self, **options: Any) -> None:
        email = options["email"]
        password = os.environ.get("CONSULTANT_PASSWORD") or self._asked()
        try:
            validate_email(email)
            validate_password(password, User(email=email))
            user = add_consultant(
                email=email, name=options["name"] or email.partition("@")[0], password=password, actor=None
            )
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{user.email} can sign in now; a second factor is asked for first.")

    def _asked(self) -> str:
        if not sys.stdin.isatty():
            raise CommandError("Set CONSULTANT_PASSWORD, or run this in a terminal.")
        return getpass.getpass("Password: ")
