from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import checks, doctor_checks, navigation, receivers, triggers  # noqa: F401  (they register on import)

        navigation.add(
            navigation.Entry(label=_("Settings"), url_name="core:settings", icon="settings", order=90, key="g s")
        )
        navigation.add_settings_tab(navigation.SettingsTab(_("Practice"), "core:practice", order=10))
        navigation.add_settings_tab(navigation.SettingsTab(_("People"), "core:people", order=20))
        navigation.add_settings_tab(navigation.SettingsTab(_("Your data"), "core:exports", order=90))
        pre_migrate.connect(triggers.drop_before_migrate, dispatch_uid="core.triggers")
        post_migrate.connect(triggers.install_after_migrate, dispatch_uid="core.triggers")
