from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutreachConfig(AppConfig):
    name = "outreach"

    def ready(self) -> None:
        from core import navigation

        for entry in (
            navigation.Entry(label=_("Today"), url_name="outreach:today", icon="sun", order=5, key="g t"),
            navigation.Entry(label=_("Leads"), url_name="outreach:leads", icon="handshake", order=10, key="g l"),
            navigation.Entry(label=_("Contacts"), url_name="outreach:contacts", icon="contact", order=15, key="g p"),
        ):
            navigation.add(entry)
