"""Doorbells: ids in, one service call, nothing out; each may ring twice."""

from celery import shared_task

# The services import this module to enqueue, so each is imported where it is called: the only local imports we allow.


@shared_task
def draw_certificate(acceptance_id: int) -> None:
    from engagements.services import certificates

    certificates.draw_certificate(acceptance_id=acceptance_id)


@shared_task
def tell_of_remark(remark_id: int) -> None:
    from engagements.services import telling

    telling.tell_of_remark(remark_id=remark_id)


@shared_task
def tell_of_answer(revision_id: int) -> None:
    from engagements.services import telling

    telling.tell_of_answer(revision_id=revision_id)


@shared_task
def tell_of_rescission(rescission_id: int) -> None:
    from engagements.services import telling

    telling.tell_of_rescission(rescission_id=rescission_id)


@shared_task
def tell_of_reversed_deposit(engagement_id: int) -> None:
    from engagements.services import telling

    telling.tell_of_reversed_deposit(engagement_id=engagement_id)


@shared_task
def keep_the_calendar() -> None:
    """What a day brings: offers that run out, deliveries that count as accepted, reminders."""
    from engagements.services import calendar

    calendar.keep_the_calendar()


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
