from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EngagementsConfig(AppConfig):
    name = "engagements"

    def ready(self) -> None:
        from core import navigation
        from core import today as todays
        from engagements import doctor_checks, project_tabs, today  # noqa: F401  (checks register on import)
        from outreach import hooks

        hooks.tell_busy(today.work_under_way)
        todays.add(todays.Block("engagements/_today.html", today.engagements_today, order=10))
        todays.add(todays.Block("engagements/_today_proposals.html", today.proposals_today, order=20))
        navigation.add(
            navigation.Entry(
                label=_("Proposals"), url_name="engagements:proposals", icon="file-pen-line", order=30, key="g b"
            )
        )
        navigation.add(
            navigation.Entry(
                label=_("Engagements"), url_name="engagements:engagements", icon="briefcase", order=35, key="g e"
            )
        )
        for order, (key, label, url_name) in enumerate(
            (
                ("overview", _("Overview"), "engagements:engagement"),
                ("board", _("Board"), "engagements:project-board"),
                ("work", _("Work log"), "engagements:work"),
                ("ledger", _("Ledger"), "engagements:ledger"),
            )
        ):
            project_tabs.add(project_tabs.ProjectTab(key, label, url_name, order=10 * (order + 1)))
        navigation.add_settings_tab(navigation.SettingsTab(_("Rates"), "engagements:rates", order=30))
        navigation.add_settings_tab(navigation.SettingsTab(_("Terms"), "engagements:terms", order=35))
