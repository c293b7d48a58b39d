"""Pages about one engagement. Apps above add theirs when they start; the engagement's own page shows links to all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.models import User
from core.navigation import TabItem
from engagements.models import Engagement


@dataclass(frozen=True)
class ProjectTab:
    """`url_name` takes the engagement's public id; `label` is a lazy translation; tabs stand by `order`. By its `key`
    a page says which it is."""

    key: str
    label: Any
    url_name: str
    order: int
    shown_to: Callable[[User], bool] = lambda user: user.is_consultant


_tabs: dict[str, ProjectTab] = {}


def add(tab: ProjectTab) -> None:
    """Adding the same key again replaces it."""
    _tabs[tab.key] = tab


def tabs_of(engagement: Engagement, user: User, here: str) -> list[TabItem]:
    shown = [tab for tab in _tabs.values() if tab.shown_to(user)]
    return [
        TabItem(str(tab.label), reverse(tab.url_name, args=[engagement.public_id]), current=tab.key == here)
        for tab in sorted(shown, key=lambda tab: tab.order)
    ]
