"""/styleguide/: every component in every state, and the three screens that set the tone, with invented data."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django import forms
from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from core import charts

SCREENS = {"": "styleguide/index.html", "run": "styleguide/run.html", "triage": "styleguide/triage.html"}
ICONS = (
    "calendar-check inbox users building-2 search radar file-text scale receipt settings shield-check key-round "
    "keyboard log-out plus x check eye eye-off pencil arrow-up arrow-down chevron-left chevron-right chevron-down "
    "ellipsis copy download refresh-cw ban triangle-alert octagon-alert circle-alert circle-check info clock mail menu "
    "git-branch cloud trash-2 external-link"
)


@dataclass(frozen=True)
class Item:
    """An entry of the navigation or of tabs, as the real ones have it."""

    label: str
    url: str
    icon: str = ""
    current: bool = False
    count: int | None = None
    group: str = ""
    key: str = ""


@dataclass(frozen=True)
class Happening:
    """An event in a timeline."""

    when: datetime
    text: str
    who: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Filter:
    """A choice above a list."""

    name: str
    label: str
    value: str
    options: tuple[tuple[str, str], ...]


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name of the client"), help_text=_("As it stands on the agreement."))
    email = forms.EmailField(label=_("E-mail"), required=False)
    region = forms.ChoiceField(label=_("Region"), choices=[("eu-west-1", "eu-west-1"), ("us-east-1", "us-east-1")])
    scope = forms.MultipleChoiceField(
        label=_("What may be read"),
        widget=forms.CheckboxSelectMultiple,
        choices=[("metadata", _("Metadata")), ("configuration", _("Configuration that may hold secrets"))],
    )
    why = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    consent = forms.BooleanField(label=_("The client agreed to this in writing"))


def styleguide(request: HttpRequest) -> HttpResponse:
    """Open to anyone while developing or in the demo, else to consultants; ?screen=run or triage for a whole page."""
    is_open = settings.DEBUG or getattr(settings, "DEMO", False)
    if not is_open and not getattr(request.user, "is_consultant", False):
        raise Http404
    screen = request.GET.get("screen", "")
    if screen not in SCREENS:
        raise Http404
    return render(request, SCREENS[screen], {"nav": navigation(screen), **samples(), **sample_charts()})


def navigation(screen: str) -> list[Item]:
    return [
        Item("Components", "?", "layout-grid", current=screen == "", key="g c"),
        Item("Run", "?screen=run", "radar", current=screen == "run", key="g r", group="Screens"),
        Item("Triage", "?screen=triage", "list-checks", current=screen == "triage", count=7, key="g t"),
    ]


def samples() -> dict[str, object]:
    """What the components are shown with."""
    moment = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    wrong = SampleForm({"name": "", "email": "ben at example", "region": "eu-west-1"})
    return {
        "icons": ICONS.split(),
        "form": SampleForm(),
        "wrong_form": wrong,
        "page": sample_page(),
        "severities": charts.SEVERITIES,
        "statuses": ["queued", "running", "done", "done with gaps", "failed", "cancelled", "open", "regressed"],
        "tones": ["", "good", "warn", "bad", "info", "accent"],
        "crumbs": [("Clients", "#"), ("Tern & Tide", "#")],
        "tabs": [
            Item("Overview", "#", current=True),
            Item("Findings", "#", count=38),
            Item("Runs", "#", count=4),
            Item("Summary", "#"),
        ],
        "facts": [("Account", "000000000000"), ("Role", "arn:aws:iam::000000000000:role/discovery"), ("Last run", "")],
        "events": [
            Happening(moment, "Run finished with 3 gaps", tone="warn"),
            Happening(moment - timedelta(minutes=2), "Run started", "ada"),
            Happening(moment - timedelta(days=1), "Account connected", "ada", "good"),
        ],
        "filters": [
            Filter("severity", "Any severity", "high", (("critical", "Critical"), ("high", "High"))),
            Filter("status", "Any status", "", (("open", "Open"), ("published", "Published"))),
        ],
        "columns": ["Client", "Since", ("Findings", "num"), ("Open", "num"), ("Actions", "actions")],
    }


def sample_page() -> Page[int]:
    return Paginator(range(128), 25).page(2)


def sample_charts() -> dict[str, object]:
    managed = (
        charts.Series("managed", "In code", "chart-1"),
        charts.Series("unmanaged", "By hand", "chart-2"),
        charts.Series("derived", "Made by a service", "chart-5"),
    )
    progress = (charts.Series("ok", "Read", "chart-1"), charts.Series("gaps", "With gaps", "chart-3"))
    weeks = ["21 Sep", "28 Sep", "5 Oct", "12 Oct", "19 Oct", "26 Oct", "2 Nov", "9 Nov", "16 Nov"]
    return {
        "bars": charts.bars(
            "Findings by service",
            [charts.Bar("Databases", 16), charts.Bar("Virtual machines", 12), charts.Bar("File storage", 3)],
        ),
        "severity_bars": charts.severity_bars(
            "What we found",
            [
                charts.SeverityCount("critical", 2, 16),
                charts.SeverityCount("high", 14, 64),
                charts.SeverityCount("medium", 31, 212),
                charts.SeverityCount("low", 9, 96),
                charts.SeverityCount("info", 4, 48),
            ],
        ),
        "stacked": charts.stacked_bars(
            "Where each service is defined",
            managed,
            [
                charts.Stack("Databases", {"managed": 4, "unmanaged": 12}, "4 of 16 in code"),
                charts.Stack("Virtual machines", {"managed": 22, "unmanaged": 6, "derived": 12}, "22 of 28 in code"),
                charts.Stack("File storage", {"managed": 9, "unmanaged": 31}, "9 of 40 in code"),
            ],
        ),
        "progress_chart": charts.progress(
            "Reading", progress, {"ok": 1105, "gaps": 99}, 1610, text="1,204 of 1,610 units"
        ),
        "line": charts.line(
            "Open findings, week by week",
            weeks,
            {"Open": [62, 62, 58, 51, 51, 44, 40, 33, 31], "Fixed": [0, 0, 4, 11, 11, 18, 22, 29, 31]},
            description="Open falls from 62 to 31; fixed rises from 0 to 31.",
        ),
        "dates": charts.timeline(
            "When it will be done",
            [
                charts.Span("Backups", date(2026, 11, 2), date(2026, 11, 16)),
                charts.Span("Access", date(2026, 11, 12), date(2026, 11, 30), "chart-4"),
                charts.Span("Infrastructure as code", date(2026, 11, 24), date(2026, 12, 18), "chart-5"),
            ],
            [
                charts.Mark("Today", date(2026, 11, 22)),
                charts.Mark("Promised", date(2026, 12, 11), "chart-2"),
                charts.Mark("CO-1", date(2026, 12, 18), "chart-2"),
            ],
        ),
        "ranges": charts.ranges(
            "Hours",
            [
                charts.Reach("Backups", Decimal(12), Decimal(20), Decimal(36), "12 – 20 – 36 h"),
                charts.Reach("Access", Decimal(4), Decimal(6), Decimal(8), "4 – 6 – 8 h"),
                charts.Reach(
                    "Total",
                    Decimal(22),
                    Decimal(27),
                    Decimal(33),
                    "22 – 27 – 33 h",
                    wide=(Decimal(19), Decimal(35)),
                ),
            ],
            legend=("Low to high", "95 % of the total", "Likely"),
        ),
    }
