from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EngagementsConfig(AppConfig):
    name = "engagements"

    def ready(self) -> None:
        from core import navigation

        navigation.add(
            navigation.Entry(
                label=_("Proposals"), url_name="engagements:proposals", icon="file-pen-line", order=30, key="g b"
            )
        )
