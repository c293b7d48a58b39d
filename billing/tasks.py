"""Doorbells: ids in, one service call, nothing out; each may ring twice."""

from celery import shared_task

# The services import this module to enqueue, so each is imported where it is called: the only local imports we allow.


@shared_task
def finish_issuing(invoice_id: int) -> None:
    from billing.services import issuing

    issuing.finish_issuing(invoice_id=invoice_id)


@shared_task
def resume_issuing() -> None:
    from billing.services import issuing

    issuing.resume_issuing()


@shared_task
def post_mails(invoice_id: int) -> None:
    from billing.services import posting

    posting.post_mails(invoice_id=invoice_id)


@shared_task
def post_what_waits() -> None:
    """Mails that failed, or whose messages were lost."""
    from billing.services import posting

    posting.post_what_waits()


@shared_task
def climb_ladder() -> None:
    """Reminders of money that is late, as they fall due."""
    from billing.services import reminders

    reminders.climb_ladder()
