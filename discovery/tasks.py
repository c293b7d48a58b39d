"""Doorbells: ids in, one service call, nothing out; each may ring twice."""

from celery import shared_task

# The services import this module to enqueue, so each is imported where it is called: the only local imports we allow.


@shared_task
def execute_shard(shard_id: int) -> None:
    from discovery.services import executing

    executing.execute_shard(shard_id=shard_id)


@shared_task
def finish_run(run_id: int) -> None:
    from discovery.services import runs

    runs.finish_run(run_id=run_id)


@shared_task
def sweep() -> None:
    from discovery.services import runs

    runs.sweep()


@shared_task
def freeze_summary(summary_id: int) -> None:
    from discovery.services import freezing

    freezing.finish_freezing(summary_id=summary_id)


@shared_task
def tell_of_answer(finding_id: int) -> None:
    from discovery.services import answer_mails

    answer_mails.tell_of_answer(finding_id=finding_id)


@shared_task
def start_due_audits() -> None:
    from discovery.services import schedules

    schedules.start_due_audits()


@shared_task
def drop_old_rows() -> None:
    from discovery.services import retention

    retention.drop_old_rows()


@shared_task
def tell_of_scheduled_runs() -> None:
    from discovery.services import watch_mails

    watch_mails.tell_of_scheduled_runs()


@shared_task
def tell_of_reply(finding_id: int) -> None:
    from discovery.services import answer_mails

    answer_mails.tell_of_reply(finding_id=finding_id)
