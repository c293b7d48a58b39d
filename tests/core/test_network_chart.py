"""A network as geometry: nothing overlaps, nothing leaves the drawing, and each line ends where it says."""

from itertools import combinations

from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from core import network_chart as drawing
from core.network_chart import INTERNET, REACHED, Gateway, Pill, Subnet, Zone

NAT = Gateway("nat-1", "NAT gateway main", "a")
WIDE = Gateway("nat-2", "NAT gateway wide")
PUBLIC = Subnet("public", ("10.0.0.0/24", "4 servers"), (Pill("port 22", REACHED),), INTERNET, is_public=True)


def private(name, way="nat-1"):
    return Subnet(name, ("10.0.1.0/24",), way=way)


def draw(*zones, gateways=(NAT,), **more):
    return drawing.network("Network shop", zones, gateways, **more)


def boxes_of(chart):
    """Subnets and gateways, without the internet's bar and the frame."""
    return [box for box in chart.boxes[2:] if box.height != drawing.PILL]


def overlap(one, other):
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def points(way):
    return [tuple(map(int, pair.split(","))) for pair in way.points.split()]


def test_a_way_out_in_another_zone_is_dashed_and_one_at_home_is_not():
    chart = draw(Zone("a", (PUBLIC, private("app-a"))), Zone("b", (private("app-b"),)))

    dashed = [way for way in chart.ways if way.is_dashed]
    assert len(dashed) == 1
    assert [item.label for item in chart.legend][-1] == "Way out through another zone"
    assert not any(way.is_dashed for way in draw(Zone("a", (private("app-a"),))).ways)


def test_a_line_to_a_gateway_starts_at_its_subnet_and_ends_at_the_gateways_edge():
    chart = draw(Zone("a", (PUBLIC,)), Zone("b", (private("app-b"),)))
    chip = next(box for box in boxes_of(chart) if box.height == drawing.CHIP)
    subnet = boxes_of(chart)[-1]

    [way] = [points(way) for way in chart.ways if way.is_dashed]

    assert way[0] == (subnet.x, subnet.y + subnet.height // 2)
    assert chip.x < way[-1][0] < chip.x + chip.width
    assert way[-1][1] == chip.y + chip.height


def test_a_regional_gateway_is_as_wide_as_all_zones_and_nobodys_single_point():
    zones = [Zone(name, (private(f"app-{name}", "nat-2"),)) for name in "ab"]

    chart = draw(*zones, gateways=(WIDE,))

    chip = next(box for box in boxes_of(chart) if box.height == drawing.CHIP)
    assert chip.width > drawing.WIDTH * 0.8
    assert not any(way.is_dashed for way in chart.ways)


def test_a_gateway_that_nothing_hangs_on_is_not_drawn():
    assert not any(box.height == drawing.CHIP for box in boxes_of(draw(Zone("a", (PUBLIC,)))))


def test_a_gateway_that_was_not_read_leaves_its_subnets_without_a_line():
    assert draw(Zone("a", (private("app", "nat-9"),)), gateways=()).ways == ()


def test_what_is_more_than_fits_is_counted():
    chart = draw(Zone("a", tuple(private(f"app-{n}") for n in range(7))))

    assert "and 3 more" in [text.text for text in chart.texts]
    assert len(draw(*(Zone(name, (PUBLIC,)) for name in "abcdef")).boxes) == 2 + 2 * drawing.MOST_COLUMNS


def test_the_legend_names_no_more_than_is_drawn():
    assert [item.label for item in draw(Zone("a", (private("app", ""),)), gateways=()).legend] == ["Private subnet"]


def test_long_words_are_cut_to_their_room():
    chart = draw(*(Zone(name, (private("subnet-0123456789abcdef0123456789", ""),)) for name in "abcd"))

    assert max(len(text.text) for text in chart.texts if text.text.startswith("subnet")) < 24


subnets = st.builds(
    Subnet,
    name=st.text("abc-", min_size=1, max_size=40),
    lines=st.lists(st.sampled_from(("10.0.0.0/24", "12 servers, 3 databases")), max_size=3).map(tuple),
    pills=st.lists(st.sampled_from((Pill("port 22", REACHED), Pill("bastion jump", "chart-1"))), max_size=5).map(tuple),
    way=st.sampled_from(("", INTERNET, "nat-1", "nat-2")),
    is_public=st.booleans(),
)


@given(st.lists(st.lists(subnets, max_size=6), min_size=1, max_size=5))
def test_nothing_overlaps_and_nothing_leaves_the_drawing(columns):
    chart = draw(*(Zone("abcde"[i], tuple(some)) for i, some in enumerate(columns)), gateways=(NAT, WIDE))

    for box in chart.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= chart.width
        assert box.y + box.height <= chart.height
    assert not [pair for pair in combinations(boxes_of(chart), 2) if overlap(*pair)]
    for way in chart.ways:
        assert all(0 <= x <= chart.width and 0 <= y <= chart.height for x, y in points(way))
        assert all(x1 == x2 or y1 == y2 for (x1, y1), (x2, y2) in zip(points(way), points(way)[1:], strict=False))


def test_the_drawing_says_all_of_itself_in_words_too():
    chart = draw(
        Zone("a", (PUBLIC,)), summary="One zone.", spoken=["a, public: 4 servers."], notes=["All of it lies in a."]
    )

    page = render_to_string("charts/network.html", {"chart": chart})

    assert 'role="img" aria-label="Network shop. One zone."' in page
    assert "<li>a, public: 4 servers.</li>" in page
    assert "<li>All of it lies in a.</li>" in page
    assert 'class="fill-severity-high stroke-severity-high" fill="#bf3f0a"' in page


def test_names_that_clients_chose_are_escaped():
    page = render_to_string("charts/network.html", {"chart": draw(Zone("a", (private("<script>x"),)))})

    assert "<script>" not in page
