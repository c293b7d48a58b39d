from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from core import navigation

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
