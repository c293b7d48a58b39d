from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing import (
            receivers,  # noqa: F401  (it answers the signals)
            today,
        )
        from core import navigation
        from core import today as todays
        from engagements import project_tabs

        project_tabs.add(project_tabs.ProjectTab("money", _("Money"), "billing:project-money", order=50))
        navigation.add_settings_tab(navigation.SettingsTab(_("Invoicing"), "billing:settings", order=40))
        todays.add(todays.Block("billing/_today.html", today.money_today, order=30))
        navigation.add(
            navigation.Entry(label=_("Invoices"), url_name="billing:invoices", icon="receipt", order=40, key="g i")
        )
        navigation.add(
            navigation.Entry(label=_("Reminders"), url_name="billing:reminders", icon="bell", order=42, key="g m")
        )
        navigation.add_settings_tab(navigation.SettingsTab(_("Reminders"), "billing:reminder-policy", order=45))
