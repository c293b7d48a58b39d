from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from core import navigation
        from core import today as todays
        from engagements import hooks
        from portal import today

        todays.add(todays.Block("portal/reports/_today.html", today.reports_today, order=15))
        hooks.add_project_page(hooks.ProjectPage(_("Reports"), "portal:reports", "reports"))

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
