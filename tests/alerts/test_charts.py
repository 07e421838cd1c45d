"""Charts for mails."""

import io

import numpy as np
import pytest
from PIL import Image

from alerts.charts import HEIGHT, WIDTH, Bar, bar_chart, picture

BARS = tuple(Bar(value, usual=2, label="12:00" if value == 1 else "", marked=value > 4) for value in (1, 3, 2, 9, 6))


def colours(png: bytes) -> set[tuple[int, ...]]:
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    return {tuple(int(part) for part in pixel) for pixel in np.unique(pixels.reshape(-1, 3), axis=0)}


def test_a_chart_is_drawn_sharp_and_stays_small() -> None:
    png = bar_chart(BARS)
    assert Image.open(io.BytesIO(png)).size == (2 * WIDTH, 2 * HEIGHT)
    assert len(png) < 40_000


def test_what_matters_has_a_colour_of_its_own() -> None:
    calm = tuple(Bar(bar.value, bar.usual) for bar in BARS)
    assert (0xB3, 0x26, 0x1E) in colours(bar_chart(BARS))
    assert (0xB3, 0x26, 0x1E) not in colours(bar_chart(calm))


def test_the_dark_one_lies_on_the_dark_mails_ground() -> None:
    both = picture("chart", "Numbers.", BARS)
    assert (0x1D, 0x23, 0x2D) in colours(both.dark.png)
    assert (0xFF, 0xFF, 0xFF) not in colours(both.dark.png)
    assert (0xFF, 0xFF, 0xFF) in colours(both.light.png)
    assert len({image.cid for image in both.images}) == 2


@pytest.mark.parametrize("bars", [(), (Bar(0),), (Bar(0, usual=0), Bar(0)), (Bar(1e9, usual=None, marked=True),) * 500])
def test_nothing_at_all_and_far_too_much_are_drawn_too(bars: tuple[Bar, ...]) -> None:
    assert Image.open(io.BytesIO(bar_chart(bars))).size == (2 * WIDTH, 2 * HEIGHT)


def test_the_last_of_a_weeks_eight_days_has_its_name() -> None:
    days = [Bar(3, label=name) for name in ("Fri", "Sat", "Sun", "Mon", "Tue", "Wed", "Thu")]
    assert bar_chart((*days, Bar(3, label="Fri"))) != bar_chart((*days, Bar(3, label="Sat")))
