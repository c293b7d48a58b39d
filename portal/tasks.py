"""Doorbells: ids in, one service call, nothing out; each may ring twice."""

from celery import shared_task

# The services import this module to enqueue, so each is imported where it is called: the only local imports we allow.


@shared_task
def tell_of_report(revision_id: int) -> None:
    from portal.services import report_telling

    report_telling.tell_of_report(revision_id=revision_id)


@shared_task
def draw_report(revision_id: int) -> None:
    from portal.services import report_drawing

    report_drawing.draw_report(revision_id=revision_id)


@shared_task
def look_after_reports() -> None:
    """What a lost message left undone, mails about late reports, calls about unread ones."""
    from portal.services import nagging

    nagging.look_after_reports()
