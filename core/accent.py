"""A practice's own colour, made readable by day and by night.

Contrast is WCAG 2.2's ratio of relative luminance; text needs 4.5.
"""

import colorsys

READABLE = 4.5
# From static/css/tokens.css, by day and by night: the least contrasting surface, the page, and the palest text.
DAY, NIGHT = "#eeeeea", "#23272a"
PAPER_BY_DAY, PAPER_BY_NIGHT = "#ffffff", "#191c1e"
MUTED_BY_DAY, MUTED_BY_NIGHT = "#565c61", "#a8aeb4"
STEP = 0.02

Rgb = tuple[float, float, float]  # each 0 to 1


def stylesheet(accent: str) -> str:
    """CSS that puts the practice's colour ("#rrggbb") in place of the product's own accent."""
    by_day, by_night = readable_on(accent, DAY, step=-STEP), readable_on(accent, NIGHT, step=STEP)
    tokens = {
        "accent": (by_day, by_night),
        "accent-strong": (mixed(by_day, "#000000", 0.25), mixed(by_night, "#ffffff", 0.3)),
        "accent-soft": (
            soft(by_day, PAPER_BY_DAY, MUTED_BY_DAY, share=0.9),
            soft(by_night, PAPER_BY_NIGHT, MUTED_BY_NIGHT, share=0.8),
        ),
        "on-accent": ("#ffffff", "#0b0d0e"),
        "focus": (by_day, by_night),
    }
    lines = (f"  --{name}: light-dark({day}, {night});" for name, (day, night) in tokens.items())
    return "\n".join([":root {", *lines, "}", ""])


def readable_on(colour: str, ground: str, *, step: float) -> str:
    """The colour, darker or lighter by steps of `step` until text in it can be read on `ground`."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    shade = colour
    while contrast(shade, ground) < READABLE and 0 <= lightness <= 1:
        lightness += step
        shade = _hex(colorsys.hls_to_rgb(hue, min(1.0, max(0.0, lightness)), saturation))
    return shade


def soft(colour: str, paper: str, muted: str, *, share: float) -> str:
    """A ground with a breath of the colour: so much of it as the colour itself and muted text can be read on."""
    ground = mixed(colour, paper, share)
    while share < 1 and min(contrast(colour, ground), contrast(muted, ground)) < READABLE:
        share = min(1.0, share + STEP)
        ground = mixed(colour, paper, share)
    return ground


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, other: str, share: float) -> str:
    """`share` of the other colour in this one, 0 to 1."""
    pairs = zip(_rgb(colour), _rgb(other), strict=True)
    red, green, blue = (a + (b - a) * share for a, b in pairs)
    return _hex((red, green, blue))


def _luminance(colour: str) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(parts: Rgb) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
