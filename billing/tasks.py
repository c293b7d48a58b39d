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
