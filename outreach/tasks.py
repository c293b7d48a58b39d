"""Doorbells: one service call, nothing out; each may ring twice."""

from celery import shared_task


@shared_task
def send_digests() -> None:
    from outreach.services import digests

    digests.send_todays_digests()


@shared_task
def work_on_import(batch_id: int) -> None:
    from outreach.services import imports

    imports.work_on_import(batch_id=batch_id)


@shared_task
def resume_imports() -> None:
    from outreach.services import imports

    imports.resume_imports()
