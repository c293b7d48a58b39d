from datetime import date

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from core import charts

MANAGED = charts.Series("managed", "In code", "chart-1")
UNMANAGED = charts.Series("unmanaged", "By hand", "chart-2")


def widths(chart):
    return [sum(part.width for part in row.segments) for row in chart.rows]


def test_the_largest_bar_fills_the_width_and_the_others_are_in_proportion():
    chart = charts.bars("Findings", [charts.Bar("Databases", 16), charts.Bar("Machines", 4), charts.Bar("Files", 0)])

    assert widths(chart) == [1000, 250, 0]


def test_one_in_ten_thousand_is_still_seen():
    chart = charts.bars("Findings", [charts.Bar("Many", 10_000), charts.Bar("One", 1)])

    assert widths(chart)[1] == charts.LEAST


def test_nothing_at_all_draws_no_bars():
    assert charts.bars("Findings", []).rows == ()
    assert widths(charts.bars("Findings", [charts.Bar("Databases", 0)])) == [0]


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="not negative"):
        charts.bars("Findings", [charts.Bar("Databases", -1)])


def test_severities_come_worst_first_and_say_of_how_many():
    chart = charts.severity_bars(
        "Findings",
        [charts.SeverityCount("low", 9, 96), charts.SeverityCount("critical", 2, 16)],
    )

    assert [(row.severity, row.figure, row.text) for row in chart.rows] == [
        ("critical", "2", "of 16 examined"),
        ("low", "9", "of 96 examined"),
    ]


def test_a_severity_that_nobody_examined_is_not_shown_as_zero():
    chart = charts.severity_bars("Findings", [charts.SeverityCount("high", 0, 0), charts.SeverityCount("low", 0, 7)])

    assert [row.severity for row in chart.rows] == ["low"]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=5))
def test_the_parts_of_a_shared_bar_never_reach_past_its_end(values):
    series = [charts.Series(str(i), str(i), charts.SERIES_COLOURS[i]) for i in range(len(values))]
    chart = charts.stacked_bars("IaC", series, [charts.Stack("All", {str(i): v for i, v in enumerate(values)})])
    parts = chart.rows[0].segments

    assert [part.value for part in parts] == [value for value in values if value]
    assert all(part.x + part.width <= charts.FULL + charts.LEAST for part in parts)
    assert all(part.width > 0 for part in parts)
    if parts and parts[-1].width > charts.LEAST:
        assert parts[-1].x + parts[-1].width == charts.FULL


def test_a_row_of_nothing_shows_an_empty_track_not_a_full_bar():
    chart = charts.stacked_bars("IaC", [MANAGED], [charts.Stack("Databases", {})])

    assert chart.rows[0].segments == ()
    assert chart.rows[0].track


def test_the_legend_names_only_what_is_there():
    chart = charts.stacked_bars("IaC", [MANAGED, UNMANAGED], [charts.Stack("Databases", {"unmanaged": 3})])

    assert [item.label for item in chart.legend] == ["By hand"]


def test_progress_leaves_room_for_what_is_not_done():
    chart = charts.progress("Reading", [MANAGED], {"managed": 50}, 200)

    assert widths(chart) == [250 - charts.GAP]
    assert chart.rows[0].text == "50 / 200"


def test_progress_of_nothing_is_empty_and_more_than_all_is_refused():
    assert charts.progress("Reading", [MANAGED], {}, 0).rows[0].segments == ()
    with pytest.raises(ValueError, match="more than there is"):
        charts.progress("Reading", [MANAGED], {"managed": 2}, 1)


def test_a_line_starts_at_the_left_and_higher_values_stand_higher():
    chart = charts.line("Open", ["May", "June", "July"], {"Open": [0, 5, 10]})
    (line,) = chart.lines

    assert line.points == f"{chart.left},{chart.baseline} 334,92 {chart.right},{charts.LINE_TOP}"
    assert (line.last_x, line.last_y) == (chart.right, charts.LINE_TOP)


@given(st.integers(0, 10**12))
def test_the_scale_holds_the_largest_value_and_wastes_little(largest):
    top = charts._nice_top(largest)

    assert top >= largest
    assert top % 2 == 0
    assert top <= max(2, largest * 2)


def test_a_line_of_one_point_or_none_still_draws():
    assert charts.line("Open", ["May"], {"Open": [3]}).lines[0].points.count(",") == 1
    assert charts.line("Open", [], {"Open": []}).lines == ()


@pytest.mark.parametrize(("most", "said"), [(9_000, "10k"), (24_000, "20k"), (4_100, "3000"), (1_900_000, "1M")])
def test_large_numbers_are_short_beside_the_axis(most, said):
    chart = charts.line("Value", ["May", "June"], {"Value": [0, most]})

    assert said in [tick.text for tick in chart.y_ticks]
    assert max(len(tick.text) for tick in chart.y_ticks) <= 5


def test_a_series_that_lacks_a_value_is_refused():
    with pytest.raises(ValueError, match="one value for each label"):
        charts.line("Open", ["May", "June"], {"Open": [1]})


def test_a_timeline_runs_from_the_first_day_named_to_the_last():
    chart = charts.timeline(
        "Plan",
        [charts.Span("Backups", date(2026, 11, 2), date(2026, 11, 12))],
        [charts.Mark("Promised", date(2026, 11, 22))],
    )

    assert (chart.first, chart.last) == ("2 Nov", "22 Nov")
    assert chart.spans[0].x == chart.left
    assert chart.marks[0].x == chart.right


def test_marks_close_to_each_other_stand_on_different_lines():
    chart = charts.timeline(
        "Plan",
        [charts.Span("All", date(2026, 1, 1), date(2026, 12, 31))],
        [charts.Mark("Today", date(2026, 6, 1)), charts.Mark("Promised", date(2026, 6, 3))],
    )

    assert chart.marks[0].text_y != chart.marks[1].text_y


def test_a_plan_of_a_single_day_does_not_divide_by_zero():
    day = date(2026, 11, 2)

    assert charts.timeline("Plan", [charts.Span("All", day, day)]).spans[0].width > 0


def test_a_span_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="before it starts"):
        charts.timeline("Plan", [charts.Span("All", date(2026, 11, 2), date(2026, 11, 1))])


def test_a_drawn_chart_says_its_figures_as_text_and_escapes_its_labels():
    chart = charts.bars("Findings", [charts.Bar("<script>", 3)])

    page = render_to_string("charts/bars.html", {"chart": chart})

    assert "<strong>3</strong>" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_a_locale_with_decimal_commas_changes_no_coordinate(settings):
    settings.USE_THOUSAND_SEPARATOR = True
    chart = charts.bars("Findings", [charts.Bar("Databases", 1)])

    assert 'width="1000"' in render_to_string("charts/bars.html", {"chart": chart})


def test_a_line_chart_carries_its_values_as_a_table():
    chart = charts.line("Open", ["May", "June"], {"Open": [62, 31]}, description="Open falls from 62 to 31.")

    page = render_to_string("charts/line.html", {"chart": chart})

    assert "<desc>Open falls from 62 to 31.</desc>" in page
    assert '<th scope="row">June</th><td>31</td>' in page
