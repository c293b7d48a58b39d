"""A summary's snapshot as HTML and as PDF. It reads nothing but the snapshot and the practice's logo."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core import charts
from core.logo import logo_as_data
from core.pdf import PdfLimits, render_pdf
from discovery import networks

SUMMARY_LIMITS = PdfLimits(seconds=60, megabytes=1024, pages=150)
IAC_SERIES = (
    charts.Series("managed", _("In code"), "chart-1"),
    charts.Series("unmanaged", _("Made by hand"), "chart-3"),
    charts.Series("derived", _("Follows from another"), "chart-4"),
    charts.Series("unknown", _("Unknown"), "chart-5"),
)
MOST_IAC_ROWS = 14


def summary_pdf(snapshot: Mapping[str, Any], *, draft: bool) -> bytes:
    """The document; with `draft`, DRAFT stands across every page. Raises PdfError."""
    return render_pdf(summary_html(snapshot, draft=draft), title=document_title(snapshot), limits=SUMMARY_LIMITS)


def summary_html(snapshot: Mapping[str, Any], *, draft: bool, for_page: bool = False) -> str:
    """The document's HTML. `for_page`: its style sheets come from where a browser finds them."""
    context = {
        "content": snapshot,
        "language": snapshot["language"],
        "document": document_title(snapshot),
        "imprint": " · ".join((snapshot["practice"], snapshot["day"], _("Confidential"))),
        "author": snapshot["by"],
        "draft": draft,
        "practice_logo": logo_as_data(),
        "assets": settings.STATIC_URL if for_page else "",
        "severity_chart": severity_chart(snapshot["severities"]),
        "iac_chart": iac_chart(snapshot["iac"]),
        "network_charts": [networks.chart(one) for one in snapshot.get("networks", ())],  # older ones have none
    }
    return render_to_string("reports/executive_summary.html", context)


def document_title(snapshot: Mapping[str, Any]) -> str:
    title = _("Executive summary for %(client)s") % {"client": snapshot["client"]}
    account = snapshot.get("account")  # older ones have none
    return f"{title}, {_('AWS account %(account)s') % {'account': account}}" if account else title


def severity_chart(lines: Sequence[Mapping[str, Any]]) -> charts.BarChart:
    counts = (charts.SeverityCount(one["severity"], one["bad"], one["examined"]) for one in lines)
    return charts.severity_bars(_("What we found"), counts)


def iac_chart(lines: Sequence[Mapping[str, Any]]) -> charts.BarChart:
    """Unknown is grey: what nobody can say is no fault."""
    stacks = [
        charts.Stack(
            label=one["label"],
            parts={series.key: one[series.key] for series in IAC_SERIES},
            text=_iac_text(one),
        )
        for one in _few(lines)
    ]
    return charts.stacked_bars(_("Where each kind of resource is defined"), IAC_SERIES, stacks)


def _few(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """As many rows as fit a page; what is left becomes one row."""
    if len(lines) <= MOST_IAC_ROWS:
        return list(lines)
    first, rest = lines[: MOST_IAC_ROWS - 1], lines[MOST_IAC_ROWS - 1 :]
    others = {series.key: sum(one[series.key] for one in rest) for series in IAC_SERIES}
    return [*first, {"label": _("All other kinds"), **others}]


def _iac_text(line: Mapping[str, Any]) -> str:
    whole = line["managed"] + line["unmanaged"] + line["unknown"]
    return _("%(n)s of %(m)s in code") % {"n": f"{line['managed']:,}", "m": f"{whole:,}"}
