from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EngagementsConfig(AppConfig):
    name = "engagements"

    def ready(self) -> None:
        from core import navigation

        navigation.add_settings_tab(navigation.SettingsTab(_("Rates"), "engagements:rates", order=30))
