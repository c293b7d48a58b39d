"""What a run looks like: its figures as charts for the page."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from core import charts
from discovery.queries import Progress
from discovery.subjects import type_label


def progress(told: Progress) -> charts.BarChart:
    """How many readings have ended, well or with gaps, of those planned so far."""
    series = (charts.Series("read", _("Read"), "chart-1"), charts.Series("gaps", _("With gaps"), "chart-3"))
    parts = {"read": told.done - told.gap_count, "gaps": told.gap_count}
    text = _("%(done)s of %(planned)s") % {"done": told.done, "planned": told.planned}
    return charts.progress(_("Readings"), series, parts, told.planned, text)


def severities(counts: Mapping[str, int]) -> charts.BarChart:
    """Findings by severity."""
    return charts.bars(
        _("Findings by severity"),
        [charts.Bar(name.title(), count, colour=f"severity-{name}", severity=name) for name, count in counts.items()],
    )


def iac_coverage(coverage: Mapping[str, Mapping[str, int]]) -> charts.BarChart:
    """How much of each kind of resource is in code. What is not known is pale, never alarming."""
    series = (
        charts.Series("managed", _("In code"), "chart-1"),
        charts.Series("unmanaged", _("By hand"), "chart-2"),
        charts.Series("derived", _("Made by a service"), "chart-4"),
        charts.Series("unknown", _("Not known"), "chart-5"),
    )
    stacks = [charts.Stack(type_label(kind), dict(parts)) for kind, parts in coverage.items()]
    stacks.sort(key=lambda stack: -sum(stack.parts.values()))
    return charts.stacked_bars(_("Infrastructure as code"), series, stacks)
