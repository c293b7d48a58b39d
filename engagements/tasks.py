"""Doorbells: ids in, one service call, nothing out; each may ring twice."""

from celery import shared_task

# The services import this module to enqueue, so each is imported where it is called: the only local imports we allow.


@shared_task
def draw_proposal(revision_id: int) -> None:
    from engagements.services import drawing

    drawing.draw_pdf(revision_id=revision_id)


@shared_task
def draw_missing_proposals() -> None:
    from engagements.services import drawing

    drawing.draw_missing()


@shared_task
def expire_proposals() -> None:
    from engagements.services import sending

    sending.expire_revisions()
