"""The three questions of the first start, asked on a terminal or answered by the environment."""

import getpass
import os
import sys
from collections.abc import Callable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import EmailValidator, MaxLengthValidator
from django.utils.translation import gettext as _

from core.models import User
from core.services.practice import start_practice

NAME, EMAIL, PASSWORD = "PRACTICE_NAME", "FIRST_CONSULTANT_EMAIL", "FIRST_CONSULTANT_PASSWORD"

Check = Callable[[str], None]


def make_practice() -> User:
    """Name the practice and make its first consultant. Raises CommandError where nobody answers."""
    name = _answer(NAME, _("The name of your practice"), _check_name)
    email = _answer(EMAIL, _("Your e-mail address"), EmailValidator())
    password = _answer(PASSWORD, _("A password of at least 12 characters"), _password_check(email), hidden=True)
    return start_practice(name=name, email=email, password=password)


def _answer(variable: str, question: str, check: Check, *, hidden: bool = False) -> str:
    """From the environment where it is set there, else asked until it passes `check`."""
    if given := os.environ.get(variable, "").strip():
        problem = _problem_with(given, check)
        if problem:
            raise CommandError(f"{variable}: {problem}")
        return given
    if not sys.stdin.isatty():
        raise CommandError(
            _("There is no consultant yet. Set %(names)s in .env, or start once in a terminal.")
            % {"names": f"{NAME}, {EMAIL}, {PASSWORD}"}
        )
    ask = getpass.getpass if hidden else input
    while True:
        said = ask(f"{question}: ").strip()
        problem = _problem_with(said, check)
        if not problem:
            return said
        print(problem, file=sys.stderr)  # noqa: T201  (a dialogue)


def _problem_with(answer: str, check: Check) -> str:
    try:
        check(answer)
    except ValidationError as problem:
        return " ".join(problem.messages)
    return ""


def _check_name(name: str) -> None:
    if not name:
        raise ValidationError(_("It needs a name."))
    MaxLengthValidator(200)(name)


def _password_check(email: str) -> Check:
    return lambda password: validate_password(password, User(email=email))
