"""Whatever colour a practice likes, its text can be read."""

import re

from django.conf import settings
from hypothesis import given
from hypothesis import strategies as some

from core.accent import DAY, MUTED_BY_DAY, MUTED_BY_NIGHT, NIGHT, READABLE, contrast, stylesheet

COLOURS = some.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS)
def test_any_colour_becomes_readable_by_day_and_by_night(colour):
    pairs = dict(re.findall(r"--([\w-]+): light-dark\((.+)\);", stylesheet(colour)))
    by_day, by_night = pairs["accent"].split(", ")
    on_day, on_night = pairs["on-accent"].split(", ")

    assert contrast(by_day, DAY) >= READABLE
    assert contrast(by_night, NIGHT) >= READABLE
    assert contrast(on_day, by_day) >= READABLE
    assert contrast(on_night, by_night) >= READABLE
    for soft, accent, muted in zip(
        pairs["accent-soft"].split(", "), (by_day, by_night), (MUTED_BY_DAY, MUTED_BY_NIGHT), strict=True
    ):
        assert contrast(accent, soft) >= READABLE
        assert contrast(muted, soft) >= READABLE


def test_the_grounds_are_those_of_the_style_sheet():
    tokens = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text()

    assert f"--hover: light-dark({DAY}, {NIGHT});" in tokens
    assert f"--ink-muted: light-dark({MUTED_BY_DAY}, {MUTED_BY_NIGHT});" in tokens
    for _name, by_day, by_night in re.findall(
        r"--(surface|sunken|hover|canvas): light-dark\((#\w{6}), (#\w{6})\)", tokens
    ):
        assert contrast("#000000", by_day) >= contrast("#000000", DAY)
        assert contrast("#ffffff", by_night) >= contrast("#ffffff", NIGHT)


def test_a_colour_that_can_be_read_already_stays_itself():
    assert "light-dark(#0b5f79," in stylesheet("#0b5f79")


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54
