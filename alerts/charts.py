"""Charts for mails: pictures for the light and for the dark, and alternative text that says the numbers.

A picture cannot follow the colours of the mail around it, so each chart is drawn twice and the mail shows the one that
fits. It is drawn for a phone's width: letters of 14 points are still read where 480 points are shown as 340.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from alerts.rendering import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 480, 180  # of the mail's points
_SHARP: Final = 2  # dots for each of them
_POINTS: Final = (
    14 * 0.72
)  # of the letters: matplotlib counts 72 an inch, and a mail's point is a hundredth of one here
_ROOM: Final = 0.12  # of the width, that a label takes: the last of the eight days that a week may touch has it


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: how high, what was usual there (None for unknown), whether it is what the chart is about.

    A `label` begins under its bar, and a line sets it off from the one before.
    """

    value: float
    usual: float | None = None
    label: str = ""
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as a mail holds it: twice, with the text for those who do not see it."""

    alt: str
    light: Image
    dark: Image

    @property
    def images(self) -> tuple[Image, Image]:
        """Both, as the mail carries them."""
        return self.light, self.dark


@dataclass(frozen=True, slots=True)
class _Colours:
    paper: str
    soft: str
    grid: str
    bar: str
    marked: str
    usual: str


_LIGHT: Final = _Colours("#ffffff", "#5b6675", "#e3e7ec", "#5f7d91", "#b3261e", "#d3dde4")
_DARK: Final = _Colours("#1d232d", "#a7b0bd", "#343d4a", "#7f9db1", "#ff8a80", "#3a4755")


def picture(name: str, alt: str, bars: Sequence[Bar]) -> Picture:
    """Return the chart as both pictures; `name` is a short word that no other chart of the mail has."""
    drawn = tuple(bars)
    return Picture(alt, Image(name, bar_chart(drawn)), Image(f"{name}-dark", bar_chart(drawn, is_dark=True)))


@lru_cache(maxsize=32)  # the same chart goes to each manager of a brand
def bar_chart(bars: tuple[Bar, ...], *, is_dark: bool = False) -> bytes:
    """Return a PNG of bars through time, before a ground of what was usual; the labels are times, in Latin letters."""
    from matplotlib.figure import Figure  # slow to load, and most workers' mails have no chart

    colours = _DARK if is_dark else _LIGHT
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100 * _SHARP, facecolor=colours.paper)
    axes = figure.add_axes((0.075, 0.15, 0.92, 0.8))
    _draw(axes, bars, colours)
    _dress(axes, bars, colours)
    _label(axes, bars, colours)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None}, pil_kwargs={"optimize": True})
    return picture.getvalue()


def _draw(axes: "Axes", bars: Sequence[Bar], colours: _Colours) -> None:
    edges = [place - 0.5 for place in range(len(bars) + 1)]
    usual = [bar.usual or 0 for bar in bars]
    if any(usual):
        axes.stairs(usual, edges, fill=True, color=colours.usual, linewidth=0, zorder=1)
        axes.stairs(usual, edges, baseline=None, color=colours.soft, linewidth=0.9, zorder=3)
    fills = [colours.marked if bar.marked else colours.bar for bar in bars]
    axes.bar(range(len(bars)), [bar.value for bar in bars], width=0.62, color=fills, zorder=2)


def _dress(axes: "Axes", bars: Sequence[Bar], colours: _Colours) -> None:
    """Give the chart its scale, its lines and its labels."""
    from matplotlib.ticker import MaxNLocator

    most = max((max(bar.value, bar.usual or 0) for bar in bars), default=0)
    axes.set_facecolor(colours.paper)
    axes.set_xlim(-0.6, max(len(bars), 1) - 0.4)
    axes.set_ylim(0, max(most, 1) * 1.2)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y", color=colours.grid, linewidth=0.8, zorder=0)
    axes.tick_params(axis="both", length=0, labelsize=_POINTS, labelcolor=colours.soft, pad=4)
    axes.set_xticks([])
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set(color=colours.soft, linewidth=0.8)


def _label(axes: "Axes", bars: Sequence[Bar], colours: _Colours) -> None:
    """Write when the bars are, and how high the highest of those is that matter."""
    for place, bar in enumerate(bars):
        if bar.label:
            axes.axvline(place - 0.5, color=colours.grid, linewidth=0.8, zorder=0)
        if bar.label and len(bars) - place > len(bars) * _ROOM:
            _write(axes, bar.label, (place - 0.5, 0), (1, -5), va="top", color=colours.soft)
    marked = [place for place, bar in enumerate(bars) if bar.marked]
    if marked:
        peak = max(marked, key=lambda place: bars[place].value)
        side = "right" if peak > 0.97 * (len(bars) - 1) else "center"
        top = (peak + (0.4 if side == "right" else 0), bars[peak].value)
        _write(axes, f"{bars[peak].value:,.0f}", top, (0, 3), ha=side, color=colours.marked, weight="bold")


def _write(axes: "Axes", words: str, place: tuple[float, float], beside: tuple[float, float], **look: Any) -> None:
    axes.annotate(words, place, beside, textcoords="offset points", size=_POINTS, **look)
