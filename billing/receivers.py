"""Answers to news from the rooms below: each is one service call, inside the transaction that sent it."""

from typing import Any

from django.dispatch import receiver

from billing.services import drafting
from engagements.signals import acceptance_rescinded, proposal_accepted


@receiver(proposal_accepted, dispatch_uid="billing.deposit")
def ask_for_the_deposit(sender: Any, acceptance: Any, engagement: Any, actor: Any = None, **kwargs: Any) -> None:
    drafting.draft_deposit(acceptance=acceptance, engagement=engagement, actor=actor)


@receiver(acceptance_rescinded, dispatch_uid="billing.rescinded")
def forget_the_drafts(sender: Any, acceptance: Any, engagement: Any, actor: Any = None, **kwargs: Any) -> None:
    drafting.discard_drafts(engagement=engagement, actor=actor)
