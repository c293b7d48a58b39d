"""The left navigation and the tabs of the settings. Each app adds its own entries in `AppConfig.ready`, so that core
knows none of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.models import User


@dataclass(frozen=True)
class Entry:
    """One page of the navigation. Entries stand by `order`; the apps leave gaps for each other: 10, 20, … 90.

    `label` is a lazy translation, `icon` a Lucide name, `key` a shortcut as "g r", `group` a heading above the entry;
    `count` says how many things wait there, `shown_to` who sees it (staff, if not said).
    """

    label: Any
    url_name: str
    icon: str
    order: int
    key: str = ""
    group: Any = ""
    count: Callable[[User], int] | None = None
    shown_to: Callable[[User], bool] = lambda user: user.is_consultant


@dataclass(frozen=True)
class NavItem:
    """One entry as the template shows it; `current` marks where the reader is."""

    label: str
    url: str
    icon: str
    current: bool
    key: str
    group: str
    count: int | None


@dataclass(frozen=True)
class SettingsTab:
    """One page of the settings, for staff. Tabs stand by `order`; `label` is a lazy translation."""

    label: Any
    url_name: str
    order: int


@dataclass(frozen=True)
class TabItem:
    """A tab as components/tabs.html shows it."""

    label: str
    url: str
    current: bool
    count: int | None = None


_entries: dict[str, Entry] = {}
_tabs: dict[str, SettingsTab] = {}


def add(entry: Entry) -> None:
    """Adding the same page again replaces it."""
    _entries[entry.url_name] = entry


def add_settings_tab(tab: SettingsTab) -> None:
    """Adding the same page again replaces it."""
    _tabs[tab.url_name] = tab


def settings_tabs(at: str) -> list[TabItem]:
    """All of them, of which the one of the URL name `at` is where the reader is."""
    tabs = sorted(_tabs.values(), key=lambda tab: tab.order)
    return [TabItem(str(tab.label), reverse(tab.url_name), current=tab.url_name == at) for tab in tabs]


def items_for(user: User, path: str) -> list[NavItem]:
    """What `user` may go to from `path`; the longest address that `path` starts with is where they are."""
    shown = sorted((entry for entry in _entries.values() if entry.shown_to(user)), key=lambda entry: entry.order)
    urls = {entry.url_name: reverse(entry.url_name) for entry in shown}
    here = max(
        (url for url in urls.values() if path == url or (url != "/" and path.startswith(url))), key=len, default=""
    )
    return [_item(entry, urls[entry.url_name], here, user) for entry in shown]


def _item(entry: Entry, url: str, here: str, user: User) -> NavItem:
    return NavItem(
        label=str(entry.label),
        url=url,
        icon=entry.icon,
        current=url == here,
        key=entry.key,
        group=str(entry.group),
        count=entry.count(user) if entry.count else None,
    )
