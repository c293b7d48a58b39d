"""Doorbells: one service call, nothing out; each may ring twice."""

from celery import shared_task

from core import beating


@shared_task
def beat() -> None:
    beating.note_beat()


@shared_task
def make_export(export_id: int) -> None:
    from core.services import exports

    exports.make_export(export_id=export_id)


@shared_task
def tidy_exports() -> None:
    from core.services import exports

    exports.tidy_exports()
