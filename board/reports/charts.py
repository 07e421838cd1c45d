"""The charts of a report. None needs its colours seen: numbers stand at the marks, and what differs has another shape.

Every chart has one colour, that of the board's theme, and text in the colour of what is around it, so that the same
chart is right in the light, in the dark and as a picture. Nothing is loaded: a chart holds its numbers.

Altair builds each kind of chart once, as a frame without numbers: it copies and checks all that it is given, which for
the charts of a page took ten times as long as reading them. The numbers are put in afterwards.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import altair as alt

INK: Final = "currentColor"
MOST_LABELLED: Final = 14  # steps; more have no room for durations in words
_STEP: Final = 26
_STEPS_HERE, _DOMAIN_HERE = ["@steps"], ["@domain"]  # in a frame, where the ends of a scale are put in
_FAINTEST, _FULLEST = 0.04, 0.55  # how full a cell is drawn, so that the number in it stays readable
_MINUTES: Final = (1, 5, 15, 60, 240, 720, 1440, 4320, 10_080, 43_200)
_MINUTES_IN_WORDS: Final = (
    "datum.value < 60 ? datum.value + ' min' : datum.value < 1440 ? datum.value / 60 + ' h' : datum.value / 1440 + ' d'"
)
_LABELS: Final[dict[str, Any]] = {"labelColor": INK, "labelOpacity": 0.8}
# Drawn as SVG: there, text takes the colour of the page, and a screen reader can reach it.
_DRAWN: Final = {"embedOptions": {"renderer": "svg", "actions": False}}

Rows = Sequence[Mapping[str, Any]]
Chart = dict[str, Any]  # as Vega-Lite reads it


def over_time(rows: Rows) -> Chart:
    """Return bars of `cases` by `label`, `words` above; what is not `whole` is an outline, `before` a line across."""
    return _filled(_over_time(), rows, height=230)


@cache
def _over_time() -> Chart:
    base = alt.Chart().encode(x=_steps(), tooltip=alt.Tooltip("tip:N"))
    cases = alt.Y("cases:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=4, format=",d", **_LABELS))
    bars = base.transform_filter("datum.whole").mark_bar(cornerRadiusEnd=2).encode(y=cases, href="href:N")
    partly = (
        base.transform_filter("!datum.whole")
        .mark_bar(cornerRadiusEnd=2, fillOpacity=0.18, stroke=INK, strokeDash=[3, 3], strokeWidth=1.2)
        .encode(y=cases, href="href:N")
    )
    before = _line_across(base).encode(y=alt.Y("before:Q"))
    numbers = base.mark_text(dy=-7, color=INK, fontSize=12).encode(y=cases, text="words:N")
    return _frame(bars, partly, before, numbers)


def ranked(rows: Rows) -> Chart:
    """Return lying bars of `cases` by `name` in the order of the rows, `words` behind each, `before` a line across."""
    most = max((max(row["cases"], row["before"] or 0) for row in rows), default=0)
    # Room for the words behind the longest bar.
    return _filled(_ranked(), rows, height=_STEP * max(len(rows), 1), domain=[0, max(most, 1) * 1.5])


@cache
def _ranked() -> Chart:
    base = alt.Chart().encode(y=_names("name:N"), tooltip=alt.Tooltip("tip:N"))
    cases = alt.X("cases:Q", title=None, axis=None, scale=alt.Scale(domain=_DOMAIN_HERE))
    bars = base.mark_bar(cornerRadiusEnd=2).encode(x=cases, href="href:N")
    before = _line_across(base).encode(x=alt.X("before:Q"))
    behind = (
        base.transform_calculate(end="max(datum.cases, datum.before === null ? 0 : datum.before)")
        .mark_text(align="left", dx=7, color=INK, fontSize=12.5)
        .encode(x=alt.X("end:Q"), text="words:N")
    )
    return _frame(bars, before, behind)


def small_bars(rows: Rows) -> Chart:
    """Return a line of small bars for each `name`, all to one scale, by `label`; the tallest of each has its number.

    `line` counts the names from the top.
    """
    most = max((row["cases"] for row in rows), default=0) or 1
    lines = max((row["line"] for row in rows), default=0) + 1
    placed = [
        {**row, "foot": -row["line"], "top": -row["line"] + 0.6 * row["cases"] / most, "head": -row["line"] + 0.78}
        for row in rows
    ]
    return _filled(_small_bars(), placed, height=52 * lines + 24, domain=[1 - lines, 0.95])


@cache
def _small_bars() -> Chart:
    base = alt.Chart().encode(x=_steps())
    height = alt.Y("foot:Q", title=None, axis=None, scale=alt.Scale(domain=_DOMAIN_HERE, nice=False, zero=False))
    bars = base.mark_bar(cornerRadiusEnd=1).encode(
        y=height,
        y2="top:Q",
        href="href:N",
        tooltip=alt.Tooltip("tip:N"),
        fillOpacity=alt.condition("datum.whole", alt.value(1), alt.value(0.35)),
    )
    feet = base.mark_rule(color=INK, opacity=0.2).encode(y=height, x=alt.value(0), x2=alt.value("width"))
    peaks = base.transform_filter("datum.is_peak").mark_text(dy=-6, color=INK, fontSize=11.5)
    names = base.transform_filter("datum.is_first").mark_text(align="left", color=INK, fontSize=12.5, fontWeight=600)
    return _frame(
        feet,
        bars,
        peaks.encode(y=alt.Y("top:Q"), text=alt.Text("cases:Q", format=",d")),
        names.encode(y=alt.Y("head:Q"), x=alt.value(0), text="name:N"),
    )


def took(rows: Rows) -> Chart:
    """Return a disc at the `median` minutes of each `label`, and a line up to `ninth`, which nine tenths keep to."""
    return _filled(_took(has_words=len({row["label"] for row in rows}) <= MOST_LABELLED), rows, height=250)


@cache
def _took(*, has_words: bool) -> Chart:
    base = alt.Chart().encode(x=_steps(), tooltip=alt.Tooltip("tip:N"))
    minutes = alt.Axis(values=_MINUTES, labelExpr=_MINUTES_IN_WORDS, **_LABELS)
    place = alt.Y("median:Q", title=None, axis=minutes, scale=alt.Scale(type="log", nice=False, padding=18))
    known = base.transform_filter("datum.median !== null")
    both = known.transform_filter("datum.ninth !== null")
    layers = [
        both.mark_rule(color=INK, opacity=0.45, strokeWidth=1.5).encode(y=place, y2="ninth:Q"),
        both.mark_tick(color=INK, thickness=2.5, width=13).encode(y=alt.Y("ninth:Q")),
        known.mark_circle(size=90, opacity=1).encode(y=place, href="href:N"),
    ]
    if has_words:
        layers += [
            both.mark_text(dy=-9, color=INK, fontSize=11.5).encode(y=alt.Y("ninth:Q"), text="ninth_words:N"),
            known.mark_text(dy=15, color=INK, fontSize=11.5).encode(y=place, text="median_words:N"),
        ]
    return _frame(*layers)


def matrix(rows: Rows, *, step: int = 30) -> Chart:
    """Return a field of numbers: `value` in the row `y` and the column `x`, the fuller the greater its `fill` (0-1).

    A field leads to its `href`, nowhere where this is empty.
    """
    return _filled(_matrix(), rows, height=step * len({row["y"] for row in rows}) + 30)


@cache
def _matrix() -> Chart:
    top = alt.Axis(labelAngle=0, orient="top", labelFlush=False, labelOverlap=False, **_LABELS)
    base = alt.Chart().encode(
        x=alt.X("x:N", sort=None, title=None, axis=top), y=_names("y:N"), tooltip=alt.Tooltip("tip:N")
    )
    fields = base.mark_rect(cornerRadius=2).encode(
        fillOpacity=alt.FillOpacity("fill:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[_FAINTEST, _FULLEST]))
    )
    numbers = base.transform_filter("datum.value > 0").mark_text(color=INK, fontSize=12)
    # Above the numbers, which would keep a click from the field.
    ways = base.transform_filter("datum.href !== ''").mark_rect(opacity=0).encode(href="href:N")
    return _frame(fields, numbers.encode(text=alt.Text("value:Q", format=",d")), ways)


def _steps() -> alt.X:
    """Return the axis of time: the steps in their order, whichever of them a layer shows."""
    axis = alt.Axis(labelAngle=0, labelOverlap="greedy", labelFlush=False, **_LABELS)
    return alt.X("label:N", sort=None, title=None, axis=axis, scale=alt.Scale(domain=_STEPS_HERE))


def _line_across(base: alt.Chart) -> Any:
    return base.transform_filter("datum.before !== null").mark_tick(color=INK, thickness=2, opacity=0.75)


def _names(field: str) -> alt.Y:
    axis = alt.Axis(labelLimit=190, labelPadding=8, labelFontSize=13, labelFlush=False, labelOverlap=False, **_LABELS)
    return alt.Y(field, sort=None, title=None, axis=axis)


def _frame(*layers: Any) -> Chart:
    """Return the layers as Vega-Lite reads them, checked by Altair against its schema."""
    # A reader by ear has the table; the parts of a chart would be so many pictures without a name.
    chart = alt.layer(*layers).configure(aria=False).configure_mark(aria=False).configure_view(stroke=None)
    frame: Chart = chart.properties(width="container", usermeta=_DRAWN).to_dict()
    frame.pop("datasets", None)
    # Every layer draws the rows of the chart; Altair gives each an empty set of its own.
    frame["layer"] = [{name: value for name, value in layer.items() if name != "data"} for layer in frame["layer"]]
    return frame


def _filled(frame: Chart, rows: Rows, *, height: int, domain: Sequence[float] = ()) -> Chart:
    """Return the frame with its numbers; each call returns a chart of its own."""
    steps = list(dict.fromkeys(row["label"] for row in rows if "label" in row))
    chart: Chart = _put_in(frame, {_STEPS_HERE[0]: steps, _DOMAIN_HERE[0]: list(domain)})
    return {**chart, "height": height, "data": {"values": [dict(row) for row in rows]}}


def _put_in(part: Any, ends: Mapping[str, Sequence[Any]]) -> Any:
    if isinstance(part, dict):
        return {name: _put_in(value, ends) for name, value in part.items()}
    if isinstance(part, list):
        is_place = len(part) == 1 and isinstance(part[0], str) and part[0] in ends
        return ends[part[0]] if is_place else [_put_in(each, ends) for each in part]
    return part
