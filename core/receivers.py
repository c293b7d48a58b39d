"""What allauth tells of, kept as events."""

from typing import Any

from allauth.account.signals import password_changed, password_reset, user_logged_in
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.dispatch import receiver

from core import events
from core.models import User


@receiver(user_logged_in)
def signed_in(user: User, **kwargs: Any) -> None:
    events.record(user, "person.signed_in", actor=user)


@receiver([password_changed, password_reset])
def password_was_changed(user: User, **kwargs: Any) -> None:
    events.record(user, "person.password_changed", actor=user)


@receiver(authenticator_added)
def second_factor_was_added(user: User, authenticator: Any, **kwargs: Any) -> None:
    events.record(user, "person.second_factor_added", actor=user, kind=authenticator.type)


@receiver(authenticator_removed)
def second_factor_was_removed(user: User, authenticator: Any, **kwargs: Any) -> None:
    events.record(user, "person.second_factor_removed", actor=user, kind=authenticator.type)
