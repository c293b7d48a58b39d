"""Doorbells: one service call, nothing out; each may ring twice."""

from celery import shared_task

from core import beating


@shared_task
def beat() -> None:
    beating.note_beat()
