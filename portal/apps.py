from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from core import navigation
        from core import today as todays
        from engagements import project_tabs
        from portal import today

        todays.add(todays.Block("portal/reports/_today.html", today.reports_today, order=15))
        project_tabs.add(
            project_tabs.ProjectTab("reports", _("Reports"), "portal:reports", order=45, shown_to=lambda user: True)
        )

        navigation.add(
            navigation.Entry(
                label=_("Home"),
                url_name="portal:home",
                icon="house",
                order=10,
                key="g h",
                shown_to=lambda user: True,
            )
        )
