from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import DomainError
from core.models import User
from core.services.people import reset_second_factor


class Command(BaseCommand):
    help = "For a consultant who lost phone, passkeys and recovery codes: the next sign-in asks to enrol anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"].strip()).first()
        if user is None:
            raise CommandError(f"Nobody here has the address {options['email']}.")
        try:
            reset_second_factor(user=user, actor=None)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{user.email} signs in with the password next, and enrols a second factor anew.")
