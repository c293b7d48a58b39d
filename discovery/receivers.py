"""Answers to news from the rooms below: each is one service call, inside the transaction that sent it."""

from typing import Any

from django.dispatch import receiver

from discovery.services import schedules
from engagements.signals import engagement_ended


@receiver(engagement_ended, dispatch_uid="discovery.watching")
def rest_from_watching(sender: Any, engagement: Any, actor: Any = None, **kwargs: Any) -> None:
    schedules.rest_after(engagement=engagement, actor=actor)
