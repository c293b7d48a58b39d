"""A network as geometry: zones as columns, public subnets above, private ones below, ways out between them.

From plain facts to frozen shapes, drawn by templates/charts/network.html for page and PDF alike: as in core.charts,
each shape carries a literal colour and a class. Lengths are whole user units of a drawing WIDTH wide.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from core.charts import PALETTE, LegendItem

WIDTH = 640
EDGE = 1  # so that no line is cut in half
GUTTER = 26  # between columns, and before the first: ways out run here
SKY = 22  # the internet's bar
FRAME = SKY + 12  # where the network's frame begins
ZONE = 24  # a zone's name
FIRST_LINE, LINE, PILL, PAD, BETWEEN = 17, 14, 16, 7, 8
CHIP = 22
LETTER = 6.1  # what a letter of the drawing's size takes, more or less
WIDEST = 300  # a column's width where there is but one
MOST_COLUMNS, MOST_BOXES = 4, 4

PUBLIC, PRIVATE, UNREAD = "chart-1", "chart-5", "chart-text"
REACHED, ELSEWHERE = "severity-high", "chart-3"


@dataclass(frozen=True)
class Pill:
    """A few words on a coloured ground: a port, a bastion."""

    text: str
    colour: str


@dataclass(frozen=True)
class Subnet:
    """One box. `way`: the key of the gateway that it hangs on, INTERNET, or "" for none."""

    name: str
    lines: tuple[str, ...] = ()
    pills: tuple[Pill, ...] = ()
    way: str = ""
    is_public: bool = False


INTERNET = "internet"


@dataclass(frozen=True)
class Zone:
    """One column."""

    name: str
    subnets: tuple[Subnet, ...]


@dataclass(frozen=True)
class Gateway:
    """A way out for private subnets. `zone` is empty for one that stands in every zone."""

    key: str
    name: str
    zone: str = ""


@dataclass(frozen=True)
class Words:
    """The drawing's own words, in the reader's language. `{n}` is replaced."""

    internet: str = "The internet"
    more_subnets: str = "and {n} more"
    public: str = "Public subnet"
    private: str = "Private subnet"
    reached: str = "Reached from the whole internet"
    elsewhere: str = "Way out through another zone"


@dataclass(frozen=True)
class Edge:
    """A box's outline."""

    colour: str

    @property
    def literal(self) -> str:
        return PALETTE[self.colour]


@dataclass(frozen=True)
class Box:
    """A rectangle: what fills it, and its outline."""

    x: int
    y: int
    width: int
    height: int
    colour: str
    edge: Edge

    @property
    def literal(self) -> str:
        return PALETTE[self.colour]


@dataclass(frozen=True)
class Text:
    x: int
    y: int
    text: str
    colour: str
    is_bold: bool = False
    anchor: str = "start"

    @property
    def literal(self) -> str:
        return PALETTE[self.colour]


@dataclass(frozen=True)
class Way:
    """A line from a subnet to its way out, in SVG's notation; dashed where it leads through another zone."""

    points: str
    colour: str
    is_dashed: bool = False

    @property
    def literal(self) -> str:
        return PALETTE[self.colour]


@dataclass(frozen=True)
class NetworkChart:
    """What is drawn. `spoken`: the same as sentences, one a subnet; `notes`: what to look at, below the drawing."""

    title: str
    summary: str
    boxes: tuple[Box, ...]
    ways: tuple[Way, ...]
    texts: tuple[Text, ...]
    legend: tuple[LegendItem, ...]
    spoken: tuple[str, ...]
    notes: tuple[str, ...]
    height: int
    width: int = WIDTH


def network(
    title: str,
    zones: Sequence[Zone],
    gateways: Sequence[Gateway],
    *,
    summary: str = "",
    spoken: Iterable[str] = (),
    notes: Iterable[str] = (),
    words: Words | None = None,
) -> NetworkChart:
    """Draw one network. At most four zones and, in each, four subnets of a kind are drawn; the rest is counted."""
    drawing = _Drawing(zones[:MOST_COLUMNS], gateways, words or Words())
    height = drawing.draw()
    return NetworkChart(
        title=title,
        summary=summary,
        boxes=tuple(drawing.boxes),
        ways=tuple(drawing.ways),
        texts=tuple(drawing.texts),
        legend=tuple(drawing.legend()),
        spoken=tuple(spoken),
        notes=tuple(notes),
        height=height,
    )


@dataclass
class _Column:
    """A zone with its place; `hanging` are the middles of boxes that hang on a gateway, by its key."""

    zone: Zone
    x: int
    width: int
    hanging: dict[str, list[int]] = field(default_factory=dict)

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def riser(self) -> int:
        """Where its own way up to the internet runs."""
        return self.right + 8

    def subnets(self, *, public: bool) -> list[Subnet]:
        return [one for one in self.zone.subnets if one.is_public == public]


class _Drawing:
    """Lays out from the top: the internet, zone names, public boxes, gateways, private boxes."""

    def __init__(self, zones: Sequence[Zone], gateways: Sequence[Gateway], words: Words) -> None:
        self.words = words
        self.boxes: list[Box] = []
        self.ways: list[Way] = []
        self.texts: list[Text] = []
        self.columns = list(_columns(zones))
        hung_on = {subnet.way for zone in zones for subnet in zone.subnets}
        self.gateways = [one for one in gateways if one.key in hung_on]
        self.chips: dict[str, tuple[_Column | None, int]] = {}  # where it stands, None for everywhere; its lower edge

    def draw(self) -> int:
        """All of it; returns the height."""
        top = FRAME
        for column in self.columns:
            self._write(column.x, top + 17, column.zone.name, "chart-text", column.width)
        public_end = self._band(top + ZONE, public=True)
        lane = self._gateways(public_end)
        bottom = self._band(lane, public=False)
        self._ways_to_gateways(lane)
        frame = Box(EDGE, FRAME, WIDTH - 2 * EDGE, bottom - FRAME, "surface", Edge("chart-grid"))
        sky = Box(EDGE, EDGE, WIDTH - 2 * EDGE, SKY - EDGE, "chart-track", Edge("chart-track"))
        self.boxes[:0] = [sky, frame]
        self.texts.append(Text(WIDTH // 2, 16, self.words.internet, "chart-ink", is_bold=True, anchor="middle"))
        return bottom + EDGE

    def legend(self) -> Iterator[LegendItem]:
        """What is drawn, and no more."""
        subnets = [subnet for column in self.columns for subnet in column.zone.subnets]
        shown = {
            self.words.public: (PUBLIC, any(one.is_public for one in subnets)),
            self.words.private: (PRIVATE, not all(one.is_public for one in subnets)),
            self.words.reached: (REACHED, any(pill.colour == REACHED for one in subnets for pill in one.pills)),
            self.words.elsewhere: (ELSEWHERE, any(way.is_dashed for way in self.ways)),
        }
        return (LegendItem(label, colour) for label, (colour, is_drawn) in shown.items() if is_drawn)

    def _band(self, top: int, *, public: bool) -> int:
        """The boxes of one kind, each column by itself; returns where the longest ends."""
        return max((self._stack(column, column.subnets(public=public), top) for column in self.columns), default=top)

    def _stack(self, column: _Column, subnets: list[Subnet], top: int) -> int:
        for subnet in subnets[:MOST_BOXES]:
            height = self._box(column, subnet, top)
            middle = top + height // 2
            if subnet.way == INTERNET:
                self._up(column, column.right, middle)
            elif subnet.way:
                column.hanging.setdefault(subnet.way, []).append(middle)
            top += height + BETWEEN
        left = len(subnets) - MOST_BOXES
        if left > 0:
            self._write(column.x, top + 10, self.words.more_subnets.format(n=left), "chart-text", column.width)
            top += LINE + BETWEEN
        return top

    def _box(self, column: _Column, subnet: Subnet, top: int) -> int:
        """One subnet; returns its height."""
        room, x = column.width - 2 * PAD, column.x + PAD
        rows = list(_rows(subnet.pills, room))
        height = FIRST_LINE + LINE * len(subnet.lines) + (PILL + 4) * len(rows) + PAD + (3 if rows else 0)
        edge = PUBLIC if subnet.is_public else PRIVATE
        self.boxes.append(Box(column.x, top, column.width, height, "surface", Edge(edge)))
        y = top + FIRST_LINE
        self._write(x, y, subnet.name, "chart-ink", room, is_bold=True)
        for line in subnet.lines:
            y += LINE
            self._write(x, y, line, "chart-text", room)
        for row in rows:
            self._pills(row, x, y + 7, room)
            y += PILL + 4
        return height

    def _pills(self, row: list[Pill], x: int, y: int, room: int) -> None:
        for pill in row:
            width = min(room, pill_width(pill.text))
            self.boxes.append(Box(x, y, width, PILL, pill.colour, Edge(pill.colour)))
            self._write(x + 5, y + 12, pill.text, "surface", width - 8)
            x += width + 4

    def _gateways(self, top: int) -> int:
        """A chip for each, under the public subnets of its zone; returns where the private ones begin."""
        ends = [top]
        for column in self.columns:
            y = top
            for gateway in [one for one in self.gateways if one.zone == column.zone.name]:
                self._chip(column.x, y, column.width, gateway.name)
                self._up(column, column.right, y + CHIP // 2)
                self.chips[gateway.key] = column, y + CHIP
                y += CHIP + BETWEEN
            ends.append(y)
        y = max(ends)
        for gateway in [one for one in self.gateways if one.zone not in {each.zone.name for each in self.columns}]:
            first, last = self.columns[0], self.columns[-1]
            self._chip(first.x, y, last.right - first.x, gateway.name)
            self._up(last, last.right, y + CHIP // 2)
            self.chips[gateway.key] = None, y + CHIP
            y += CHIP + BETWEEN
        return y + (8 if self.gateways else 0)

    def _chip(self, x: int, y: int, width: int, name: str) -> None:
        self.boxes.append(Box(x, y, width, CHIP, PUBLIC, Edge(PUBLIC)))
        self._write(x + PAD, y + 15, name, "surface", width - 2 * PAD, is_bold=True)

    def _up(self, column: _Column, x: int, y: int) -> None:
        """From a box or chip to the internet, along its column."""
        self.ways.append(Way(f"{x},{y} {column.riser},{y} {column.riser},{SKY}", PUBLIC))

    def _ways_to_gateways(self, lane: int) -> None:
        """From each private box up its column's left side; what stands elsewhere is reached through the lane."""
        for column in self.columns:
            for key, middles in column.hanging.items():
                if key not in self.chips:
                    continue  # a gateway that was not read
                home, chip_bottom = self.chips[key]
                at_home = home is None or home is column
                side = column.x - (6 if at_home else 11)
                foot = column.x + 12 if home is None else None
                for middle in middles:
                    self.ways.append(self._way(column, side, middle, lane, home or column, chip_bottom, foot))

    def _way(
        self, column: _Column, side: int, middle: int, lane: int, home: _Column, chip_bottom: int, foot: int | None
    ) -> Way:
        """Out of the box to the left, up to the lane, along it, and up into the chip."""
        is_elsewhere = home is not column
        level = lane - (4 if is_elsewhere else 8)
        into = foot if foot is not None else home.x + (24 if is_elsewhere else 12)
        points = ((column.x, middle), (side, middle), (side, level), (into, level), (into, chip_bottom))
        path = " ".join(f"{x},{y}" for x, y in points)
        return Way(path, ELSEWHERE if is_elsewhere else PUBLIC, is_dashed=is_elsewhere)

    def _write(self, x: int, y: int, text: str, colour: str, room: int, *, is_bold: bool = False) -> None:
        self.texts.append(Text(x, y, fitted(text, room), colour, is_bold=is_bold))


def _columns(zones: Sequence[Zone]) -> Iterator[_Column]:
    count = max(1, len(zones))
    width = min(WIDEST, (WIDTH - GUTTER * (count + 1)) // count)
    for index, zone in enumerate(zones):
        yield _Column(zone, GUTTER + index * (width + GUTTER), width)


def _rows(pills: Iterable[Pill], room: int) -> Iterator[list[Pill]]:
    """As many a row as fit."""
    row: list[Pill] = []
    taken = 0
    for pill in pills:
        width = pill_width(pill.text) + 4
        if row and taken + width > room:
            yield row
            row, taken = [], 0
        row.append(pill)
        taken += width
    if row:
        yield row


def pill_width(text: str) -> int:
    """A pill's, with air on both sides."""
    return round(LETTER * len(text)) + 10


def fitted(text: str, room: int) -> str:
    """As much of the text as its room takes, with an ellipsis where something is left out."""
    most = max(4, int(room / LETTER))
    return text if len(text) <= most else f"{text[: most - 1].rstrip('-. ')}…"
