"""Charts as geometry: pure functions from numbers to frozen shapes, drawn by templates/charts/*.html.

The same SVG serves page and PDF. WeasyPrint paints only literal colours inside an SVG, the page wants tokens that
follow light and dark: so every shape carries both, the literal from PALETTE and a class named for the token. A test
reads tokens.css and keeps the two equal. Lengths are whole thousandths of the drawing, so that no locale and no
binary fraction ever reaches an attribute.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

PALETTE = {
    "severity-critical": "#9e0f34",
    "severity-high": "#bf3f0a",
    "severity-medium": "#8f6000",
    "severity-low": "#35659c",
    "severity-info": "#636a71",
    "chart-1": "#0b5f79",
    "chart-2": "#bf3f0a",
    "chart-3": "#8f6000",
    "chart-4": "#5b7f3a",
    "chart-5": "#8a9197",
    "chart-track": "#e7e7e2",
    "chart-grid": "#d9d9d4",
    "chart-text": "#565c61",
    "chart-ink": "#1a1c1e",
    "surface": "#ffffff",
}
"""Token name (without the two dashes) to its light value in static/css/tokens.css."""

SERIES_COLOURS = ("chart-1", "chart-2", "chart-3", "chart-4", "chart-5")
SEVERITIES = ("critical", "high", "medium", "low", "info")

FULL = 1000  # a bar's full width, in thousandths
GAP = 4  # between two parts of one bar
LEAST = 6  # what is there stays visible, however small

LINE_WIDTH, LINE_HEIGHT = 640, 200
LINE_LEFT, LINE_RIGHT, LINE_TOP, LINE_BOTTOM = 40, 12, 12, 28

DATES_WIDTH, DATES_LEFT, DATES_RIGHT, DATES_ROW = 640, 132, 16, 26


@dataclass(frozen=True)
class Bar:
    """One thing to show. `text` stands beside the bar; without it, the value itself does."""

    label: str
    value: int
    text: str = ""
    colour: str = "chart-1"
    severity: str = ""


@dataclass(frozen=True)
class Series:
    """What one colour stands for."""

    key: str
    label: str
    colour: str


@dataclass(frozen=True)
class Stack:
    """One row of a stacked chart: how many of each series, keyed by Series.key."""

    label: str
    parts: Mapping[str, int]
    text: str = ""


@dataclass(frozen=True)
class SeverityCount:
    """Of `examined` things that were judged at this severity, `bad` are bad."""

    severity: str
    bad: int
    examined: int


@dataclass(frozen=True)
class Segment:
    """A drawn part of a bar: x and width in thousandths of the bar's full width."""

    x: int
    width: int
    colour: str
    label: str = ""
    value: int = 0

    @property
    def literal(self) -> str:
        return PALETTE[self.colour]


@dataclass(frozen=True)
class BarRow:
    label: str
    text: str
    segments: tuple[Segment, ...]
    severity: str = ""
    figure: str = ""
    track: bool = False

    @property
    def spoken(self) -> str:
        """The parts in words, where the text beside the bar does not say them."""
        return ", ".join(f"{part.label} {part.value}" for part in self.segments if part.label)


@dataclass(frozen=True)
class LegendItem:
    label: str
    colour: str

    @property
    def literal(self) -> str:
        return PALETTE[self.colour]


@dataclass(frozen=True)
class BarChart:
    """A table whose middle column is drawn. The words beside the bars are its text alternative."""

    title: str
    rows: tuple[BarRow, ...]
    legend: tuple[LegendItem, ...] = ()


def _checked(value: int) -> int:
    if value < 0:
        raise ValueError(f"A chart cannot show {value}: counts are not negative.")
    return value


def _scaled(value: int, largest: int) -> int:
    """Thousandths of the full width; what is not zero stays visible."""
    if not _checked(value) or not largest:
        return 0
    return max(LEAST, round(FULL * value / largest))


def bars(title: str, items: Iterable[Bar]) -> BarChart:
    """Horizontal bars on one scale, in the order given; the largest fills the width."""
    items = tuple(items)
    largest = max((_checked(item.value) for item in items), default=0)
    rows = tuple(
        BarRow(
            label=item.label,
            text=item.text,
            figure="" if item.text else str(item.value),
            severity=item.severity,
            segments=_one(_scaled(item.value, largest), item.colour),
        )
        for item in items
    )
    return BarChart(title=title, rows=rows)


def _one(width: int, colour: str) -> tuple[Segment, ...]:
    return (Segment(x=0, width=width, colour=colour),) if width else ()


def severity_bars(title: str, counts: Iterable[SeverityCount], of: str = "of {examined} examined") -> BarChart:
    """How much is bad at each severity, worst first, and of how many. Severities nobody examined are left out.

    `of` is the translated text beside the figure; `{examined}` in it is replaced.
    """
    by_severity = {count.severity: count for count in counts}
    shown = [by_severity[name] for name in SEVERITIES if name in by_severity and by_severity[name].examined]
    largest = max((_checked(count.bad) for count in shown), default=0)
    rows = tuple(
        BarRow(
            label="",
            severity=count.severity,
            figure=str(count.bad),
            text=of.replace("{examined}", str(_checked(count.examined))),
            segments=_one(_scaled(count.bad, largest), f"severity-{count.severity}"),
        )
        for count in shown
    )
    return BarChart(title=title, rows=rows)


def stacked_bars(title: str, series: Sequence[Series], stacks: Iterable[Stack], *, share: bool = True) -> BarChart:
    """Bars split by series. With `share`, every row fills the width and shows proportions; else all share one scale."""
    stacks = tuple(stacks)
    totals = [sum(_checked(stack.parts.get(one.key, 0)) for one in series) for stack in stacks]
    largest = max(totals, default=0)
    rows = tuple(
        BarRow(
            label=stack.label,
            text=stack.text,
            figure="" if stack.text else str(total),
            segments=_split(series, stack.parts, total if share else largest),
            track=not total,
        )
        for stack, total in zip(stacks, totals, strict=True)
    )
    used = [one for one in series if any(stack.parts.get(one.key) for stack in stacks)]
    return BarChart(title=title, rows=rows, legend=tuple(LegendItem(one.label, one.colour) for one in used))


def _split(series: Sequence[Series], parts: Mapping[str, int], whole: int) -> tuple[Segment, ...]:
    """Edges are rounded, not widths, so that the parts of a full bar always add up to it."""
    segments, running = [], 0
    for one in series:
        value = parts.get(one.key, 0)
        if not value:
            continue
        start, end = round(FULL * running / whole), round(FULL * (running + value) / whole)
        width = max(LEAST - GAP, end - start - (GAP if end < FULL else 0))
        segments.append(Segment(x=start, width=width, colour=one.colour, label=one.label, value=value))
        running += value
    return tuple(segments)


def progress(title: str, series: Sequence[Series], parts: Mapping[str, int], total: int, text: str = "") -> BarChart:
    """One bar of how far something is: what is done in its colours, what is left as the empty track."""
    done = sum(_checked(parts.get(one.key, 0)) for one in series)
    if done > total:
        raise ValueError(f"{done} done of {total}: more than there is.")
    segments = _split(series, parts, total) if total else ()
    used = tuple(LegendItem(f"{one.label} {parts[one.key]:,}", one.colour) for one in series if parts.get(one.key))
    row = BarRow(label=title, text=text or f"{done} / {total}", segments=segments, track=True)
    return BarChart(title=title, rows=(row,), legend=used)


@dataclass(frozen=True)
class Reach:
    """From low over middle to high, none negative; `wide` reaches further on both sides. `text` says it in words."""

    label: str
    low: Decimal
    middle: Decimal
    high: Decimal
    text: str
    wide: tuple[Decimal, Decimal] | None = None


@dataclass(frozen=True)
class RangeRow:
    """As drawn: what reaches further lies behind, the mark in front."""

    label: str
    text: str
    segments: tuple[Segment, ...]
    is_total: bool


@dataclass(frozen=True)
class RangeChart:
    title: str
    rows: tuple[RangeRow, ...]
    legend: tuple[LegendItem, ...]
    note: str = ""


def ranges(title: str, reaches: Iterable[Reach], legend: tuple[str, str, str], note: str = "") -> RangeChart:
    """Ranges on one scale from zero. `legend` names the range, what reaches further, and the mark in the middle;
    `note` stands below.
    """
    reaches = tuple(reaches)
    ends = [reach.wide[1] if reach.wide else reach.high for reach in reaches]
    largest = max(ends, default=Decimal(0))
    is_wide = any(reach.wide for reach in reaches)
    colours = [("chart-1", legend[0]), *([("chart-5", legend[1])] if is_wide else []), ("chart-ink", legend[2])]
    rows = tuple(
        RangeRow(reach.label, reach.text, _reach(reach, largest), is_total=bool(reach.wide)) for reach in reaches
    )
    return RangeChart(title, rows, tuple(LegendItem(words, colour) for colour, words in colours), note)


def _reach(reach: Reach, largest: Decimal) -> tuple[Segment, ...]:
    """Edges in thousandths of the scale; the mark stays inside the drawing."""
    if reach.low < 0 or not reach.low <= reach.middle <= reach.high:
        raise ValueError(f"{reach.label}: low, middle and high come in this order, from zero on.")
    if not largest:
        return ()

    def at(value: Decimal) -> int:
        return round(FULL * value / largest)

    def bar(low: Decimal, high: Decimal, colour: str) -> Segment:
        width = max(LEAST, at(high) - at(low))
        return Segment(x=min(at(low), FULL - width), width=width, colour=colour)

    behind = (bar(*reach.wide, "chart-5"),) if reach.wide else ()
    mark = Segment(x=min(max(0, at(reach.middle) - LEAST // 2), FULL - LEAST), width=LEAST, colour="chart-ink")
    return (*behind, bar(reach.low, reach.high, "chart-1"), mark)


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, and what it says there (empty for none)."""

    at: int
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Line:
    """A drawn series: `points` is SVG's own notation, `last_x`, `last_y` where its dot goes."""

    label: str
    colour: str
    points: str
    last_x: int
    last_y: int
    values: tuple[int, ...]

    @property
    def literal(self) -> str:
        return PALETTE[self.colour]


@dataclass(frozen=True)
class LineChart:
    """Values over time. Everything is in user units of a drawing `width` by `height`."""

    title: str
    description: str
    labels: tuple[str, ...]
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    width: int = LINE_WIDTH
    height: int = LINE_HEIGHT
    left: int = LINE_LEFT
    right: int = LINE_WIDTH - LINE_RIGHT
    baseline: int = LINE_HEIGHT - LINE_BOTTOM

    @property
    def legend(self) -> tuple[LegendItem, ...]:
        return tuple(LegendItem(line.label, line.colour) for line in self.lines) if len(self.lines) > 1 else ()

    @property
    def table(self) -> list[tuple[str, list[int]]]:
        """Label and the value of each line there: the chart as text."""
        return [(label, [line.values[i] for line in self.lines]) for i, label in enumerate(self.labels)]


def line(title: str, labels: Sequence[str], series: Mapping[str, Sequence[int]], description: str = "") -> LineChart:
    """One line a series (at most five), evenly spaced, from zero. Every series has one value a label."""
    if any(len(values) != len(labels) for values in series.values()):
        raise ValueError("Every series needs one value for each label.")
    top = _nice_top(max((_checked(value) for values in series.values() for value in values), default=0))
    xs = _spread(len(labels), LINE_LEFT, LINE_WIDTH - LINE_RIGHT)
    lines = tuple(
        _line(label, colour, tuple(values), xs, top)
        for (label, values), colour in zip(series.items(), SERIES_COLOURS, strict=False)
        if labels
    )
    every = max(1, -(-len(labels) // 8))  # at most eight words along the foot
    x_ticks = tuple(
        Tick(x, label, "end" if i and x == xs[-1] else "middle")
        for i, (x, label) in enumerate(zip(xs, labels, strict=True))
        if i % every == 0
    )
    y_ticks = tuple(Tick(_height_of(value, top), _short(value)) for value in sorted({0, top // 2, top}))
    return LineChart(title, description, tuple(labels), lines, x_ticks, y_ticks)


def _line(label: str, colour: str, values: tuple[int, ...], xs: Sequence[int], top: int) -> Line:
    ys = [_height_of(value, top) for value in values]
    points = " ".join(f"{x},{y}" for x, y in zip(xs, ys, strict=True))
    return Line(label, colour, points, last_x=xs[-1], last_y=ys[-1], values=values)


def _height_of(value: int, top: int) -> int:
    room = LINE_HEIGHT - LINE_TOP - LINE_BOTTOM
    return LINE_HEIGHT - LINE_BOTTOM - round(room * value / top)


def _short(value: int) -> str:
    """12500 as "12.5k", 2000000 as "2M": there is room for five characters beside an axis."""
    for size, letter, least in ((1_000_000, "M", 1_000_000), (1_000, "k", 10_000)):
        if value >= least:
            return f"{Decimal(value) / size:f}{letter}"
    return str(value)


def _spread(count: int, start: int, end: int) -> list[int]:
    if count == 1:
        return [(start + end) // 2]
    return [start + round((end - start) * i / (count - 1)) for i in range(count)]


def _nice_top(largest: int) -> int:
    """The first of 2, 4, 6, 8, 10, 20 … that holds the largest value; always even, so that its half is whole."""
    step = 1
    while True:
        for digit in (2, 4, 6, 8, 10):
            if digit * step >= largest:
                return digit * step
        step *= 10


@dataclass(frozen=True)
class Span:
    """Something that lasts from one day to another, both included."""

    label: str
    start: date
    end: date
    colour: str = "chart-1"


@dataclass(frozen=True)
class Mark:
    """A day that matters: promised, today, moved to."""

    label: str
    day: date
    colour: str = "chart-ink"


@dataclass(frozen=True)
class DrawnSpan:
    label: str
    dates: str
    x: int
    y: int
    width: int
    colour: str

    @property
    def literal(self) -> str:
        return PALETTE[self.colour]


@dataclass(frozen=True)
class DrawnMark:
    label: str
    x: int
    text_y: int
    anchor: str
    colour: str

    @property
    def literal(self) -> str:
        return PALETTE[self.colour]


@dataclass(frozen=True)
class Timeline:
    """Spans as bars on one row of days each, marks as lines through all of them."""

    title: str
    spans: tuple[DrawnSpan, ...]
    marks: tuple[DrawnMark, ...]
    height: int
    baseline: int
    first: str
    last: str
    top: int = 0
    width: int = DATES_WIDTH
    left: int = DATES_LEFT
    right: int = DATES_WIDTH - DATES_RIGHT


def timeline(title: str, spans: Sequence[Span], marks: Sequence[Mark] = ()) -> Timeline:
    """Days on one scale, from the first to the last that anything names."""
    days = [day for span in spans for day in (span.start, span.end)] + [mark.day for mark in marks]
    if not days:
        raise ValueError("A timeline needs at least one day.")
    if any(span.end < span.start for span in spans):
        raise ValueError("A span ends before it starts.")
    first, last = min(days), max(days)
    drawn_marks = _stagger(sorted(marks, key=lambda mark: mark.day), first, last)
    top = 16 * (1 + max((mark.text_y for mark in drawn_marks), default=0) // 16) if drawn_marks else 4
    baseline = top + DATES_ROW * len(spans) + 4
    drawn = tuple(_drawn(span, first, last, top + 4 + DATES_ROW * row) for row, span in enumerate(spans))
    return Timeline(title, drawn, drawn_marks, baseline + 20, baseline, _day(first), _day(last), top=top)


def _drawn(span: Span, first: date, last: date, y: int) -> DrawnSpan:
    start, end = _at(span.start, first, last), _at(span.end, first, last)
    return DrawnSpan(span.label, f"{_day(span.start)} – {_day(span.end)}", start, y, max(3, end - start), span.colour)


def _stagger(marks: Sequence[Mark], first: date, last: date) -> tuple[DrawnMark, ...]:
    """Marks whose words would run into the one before go one line lower."""
    xs = [_at(mark.day, first, last) for mark in marks]
    levels = [0] * len(marks)
    for i, (before, x) in enumerate(pairwise(xs), start=1):
        levels[i] = (levels[i - 1] + 1) % 3 if x - before < 110 else 0
    middle = (DATES_LEFT + DATES_WIDTH - DATES_RIGHT) // 2
    return tuple(
        DrawnMark(f"{mark.label} {_day(mark.day)}", x, 12 + 14 * level, "start" if x < middle else "end", mark.colour)
        for mark, x, level in zip(marks, xs, levels, strict=True)
    )


def _at(day: date, first: date, last: date) -> int:
    room = DATES_WIDTH - DATES_LEFT - DATES_RIGHT
    return DATES_LEFT + (round(room * (day - first).days / (last - first).days) if last > first else 0)


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
