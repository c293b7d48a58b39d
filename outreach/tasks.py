"""Doorbells: one service call, nothing out; each may ring twice."""

from celery import shared_task


@shared_task
def send_digests() -> None:
    from outreach.services import digests

    digests.send_todays_digests()
