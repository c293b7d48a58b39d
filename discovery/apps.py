from typing import Any

from celery.signals import worker_ready
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DiscoveryConfig(AppConfig):
    name = "discovery"

    def ready(self) -> None:
        from core import navigation
        from core import today as todays
        from discovery import (
            doctor_checks,  # noqa: F401  (checks register on import)
            queries_pricing,
            receivers,  # noqa: F401  (it answers the signals)
            today,
        )
        from engagements import hooks
        from infra_audit.memory import collect_seldom, stay_small

        stay_small()  # before a server or worker starts its threads
        collect_seldom()
        hooks.tell_verdicts(queries_pricing.latest_verdict)
        hooks.tell_sources(queries_pricing.sources_of)
        navigation.add(
            navigation.Entry(label=_("Clients"), url_name="discovery:clients", icon="building-2", order=20, key="g c")
        )
        todays.add(todays.Block("discovery/_today.html", today.runs_with_new_criticals, order=40))
        todays.add(todays.Block("discovery/_today_answers.html", today.answered_findings, order=45))
        worker_ready.connect(look_for_orphans, dispatch_uid="discovery.look_for_orphans")


def look_for_orphans(**kwargs: Any) -> None:
    """A worker that starts takes up at once what the one before it left behind."""
    from discovery import tasks

    tasks.sweep.delay()
