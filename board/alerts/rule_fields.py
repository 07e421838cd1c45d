"""The fields of an alert rule: what it watches, what it leaves out, who is told how and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from board.alerts.shown import kind_words
from board.manage.form import Form
from board.manage.working import zones
from core.alerts.kinds import KINDS, AlertKind, Channel, Delivery, Period
from core.configuration.alerting import RuleSettings
from core.hours import DAYS
from core.taxonomy import Reason, Severity
from storage.alerting.rules import FIELDS, AlertRuleSaid
from storage.editing import fields_of
from storage.tables import AlertRule

_ABOUT_CASES: Final = frozenset(
    {
        AlertKind.SEVERE,
        AlertKind.DUE,
        AlertKind.BROKEN_PROMISE,
        AlertKind.FORGOTTEN,
        AlertKind.SPIKE,
        AlertKind.CLUSTER,
        AlertKind.REACH,
    }
)
_BY_PLATFORM: Final = _ABOUT_CASES | {AlertKind.SOURCE, AlertKind.WATCH_WORDS}
_REASONS: Final = {reason.value: reason.words for reason in Reason}
_CHANNELS: Final = {
    Channel.EMAIL: "E-mail",
    Channel.SLACK: "Slack, or what takes the same",
    Channel.WEBHOOK: "A signed webhook",
}
_DELIVERIES: Final = {Delivery.AT_ONCE: "At once", Delivery.DIGEST: "In the next digest only"}
_PERIODS: Final = {Period.DAY: "Every day", Period.WEEK: "Every week"}
_REPEATS: Final = {0: "Never", 60: "1 hour", 240: "4 hours", 720: "12 hours", 1440: "A day", 10_080: "A week"}
_BY_DEFAULT: Final = {
    name: field.get_default(call_default_factory=True) for name, field in RuleSettings.model_fields.items()
}


@dataclass(frozen=True, slots=True)
class Offered:
    """What there is to choose from, by key and in words."""

    brands: Mapping[int, str]
    platforms: Mapping[str, str]
    couriers: Mapping[str, str]


def fields_from(row: AlertRule | None, offered: Offered) -> dict[str, Any]:
    """Return what the form begins with: the row's own fields, and its settings one by one."""
    if row is None:
        brand_id = next(iter(offered.brands), 0)
        return _BY_DEFAULT | {
            "name": "",
            "kind": AlertKind.SEVERE,
            "settings": {},
            "enabled": True,
            "brand_id": brand_id,
        }
    of_row = fields_of(row, (*FIELDS, "brand_id"))
    return _BY_DEFAULT | dict(row.settings) | of_row


def rule_fields(form: Form, offered: Offered, *, is_new: bool, disabled: bool) -> AlertKind:
    """Show the fields and return the kind that they are of."""
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="bottom")
    with left:
        kind = _kind(form, is_new=is_new)
    with right:
        st.checkbox("On", form.first["enabled"], key=form.key("enabled"), disabled=disabled)
    left, right = st.columns(2, gap="medium")
    with left:
        st.text_input("Name", form.first["name"], key=form.key("name"), max_chars=200, disabled=disabled)
        form.show_error("name")
    with right:
        if is_new and len(offered.brands) > 1:
            _choose(form, "brand_id", "Brand", offered.brands)
        elif KINDS[kind].threshold:
            _threshold(form, kind, disabled=disabled)
    if is_new and len(offered.brands) > 1 and KINDS[kind].threshold:
        _threshold(form, kind, disabled=disabled)
    if kind is AlertKind.WATCH_WORDS:
        form.show_lines("words", "Words, one a line", disabled=disabled)
    _narrow(form, kind, offered, disabled=disabled)
    st.markdown("**Who is told, and when**")
    _to_whom(form, disabled=disabled)
    if kind is AlertKind.DIGEST:
        _digest_time(form, disabled=disabled)
    else:
        _times(form, disabled=disabled)
    st.checkbox(
        "Mask e-mail addresses, handles and numbers in strangers’ words",
        form.first["masks"],
        key=form.key("masks"),
        help="Mails travel further than the board does. Names of people and streets in the text are not recognised. "
        "On the board nothing is masked.",
        disabled=disabled,
    )
    return kind


def _kind(form: Form, *, is_new: bool) -> AlertKind:
    """Show what the rule watches. It stays so, as the incidents of a rule are about this."""
    if not is_new:
        st.text(f"{kind_words(form.first['kind'])}.")
        return AlertKind(form.first["kind"])
    st.selectbox("Tell of", list(AlertKind), format_func=kind_words, key=form.key("kind"))
    return AlertKind(form.said("kind"))


def _threshold(form: Form, kind: AlertKind, *, disabled: bool) -> None:
    words, key = KINDS[kind], form.key(f"threshold_{kind.value}")
    given = form.first["threshold"] if form.first["kind"] is kind else None
    value = int(words.default if given is None else given)
    if kind is AlertKind.SEVERE:
        levels = [int(level) for level in Severity if level >= words.least]
        worst = int(max(Severity))
        st.selectbox(
            words.threshold,
            levels,
            levels.index(value) if value in levels else 0,
            format_func=lambda level: Severity(level).words + ("" if level == worst else ", or worse"),
            key=key,
            disabled=disabled,
        )
    else:
        label = f"{words.threshold} ({words.unit})"
        least, most = int(words.least), int(words.most)
        st.number_input(label, least, most, min(max(value, least), most), step=1, key=key, disabled=disabled)
    form.show_error("threshold")


def _narrow(form: Form, kind: AlertKind, offered: Offered, *, disabled: bool) -> None:
    if kind not in _BY_PLATFORM:
        return
    st.markdown("**Only of**")
    columns = iter(st.columns(3 if kind in _ABOUT_CASES else 1, gap="medium"))
    if kind in _ABOUT_CASES:
        with next(columns):
            _choose(form, "reason", "Reason", {"": "Any reason"} | _REASONS, disabled=disabled)
        with next(columns):
            _choose(form, "courier", "Courier", {"": "Any courier or none"} | dict(offered.couriers), disabled=disabled)
    with next(columns):
        _choose(form, "platform", "Platform", {"": "Any platform"} | dict(offered.platforms), disabled=disabled)


def _to_whom(form: Form, *, disabled: bool) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        _choose(form, "channel", "By", _CHANNELS, disabled=disabled)
    with right:
        if form.said("channel") == Channel.EMAIL:
            form.show_lines(
                "recipients",
                "To, one address a line",
                height=80,
                placeholder="The brand’s managers",
                disabled=disabled,
            )
        else:
            st.text_input("Web address", form.first["url"], key=form.key("url"), disabled=disabled)
            form.show_error("url")


def _times(form: Form, *, disabled: bool) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        _choose(form, "delivery", "When", _DELIVERIES, disabled=disabled)
        repeat = form.first["repeat_minutes"]
        repeats = _REPEATS if repeat in _REPEATS else _REPEATS | {repeat: f"{repeat:,} minutes"}
        _choose(
            form, "repeat_minutes", "Say it again after, if still so and not acknowledged", repeats, disabled=disabled
        )
    with right:
        form.show_lines(
            "hours",
            "Only in these hours",
            height=80,
            placeholder="Always, or such as mon-fri 07:00-22:00",
            help="What comes up outside them is told when they begin, if it is still so.",
            disabled=disabled,
        )
        _zone(form, disabled=disabled)


def _digest_time(form: Form, *, disabled: bool) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        _choose(form, "period", "How often", _PERIODS, disabled=disabled)
        if form.said("period") == Period.WEEK:
            days = {number: day.capitalize() for number, day in enumerate(DAYS)}
            _choose(form, "weekday", "On", days, disabled=disabled)
    with right:
        st.text_input("At", form.first["at"], key=form.key("at"), placeholder="08:00", disabled=disabled)
        form.show_error("at")
        _zone(form, disabled=disabled)


def _zone(form: Form, *, disabled: bool) -> None:
    names = {"": "The brand’s"} | {zone: zone for zone in zones()}
    _choose(form, "timezone", "Time zone", names, disabled=disabled)


def _choose(form: Form, of: str, label: str, words: Mapping[Any, str], *, disabled: bool = False) -> None:
    """Show a choice; what the rule has and is not offered any more stays choosable."""
    first = form.first[of]
    options: Sequence[Any] = [*words] if first in words else [first, *words]
    st.selectbox(
        label,
        options,
        options.index(first),
        format_func=lambda value: words.get(value, str(value)),
        key=form.key(of),
        disabled=disabled,
    )
    form.show_error(of)


def rule_said(form: Form) -> AlertRuleSaid:
    """Return what the fields say; a setting that is as it is by default is left out."""
    kind = AlertKind(form.said("kind"))
    given: dict[str, Any] = {name: form.said(name) for name in _settings_of(kind, form)}
    for name in ("words", "recipients", "hours"):
        if name in given:
            given[name] = form.lines(name)
    given = {name: _plain(value) for name, value in given.items() if value != _BY_DEFAULT[name]}
    if KINDS[kind].threshold:
        said = form.said(f"threshold_{kind.value}")
        before = form.first["threshold"] if form.first["kind"] is kind else None
        given["threshold"] = said if said is not None else before if before is not None else KINDS[kind].default
    return AlertRuleSaid(form.said("brand_id"), form.said("name"), kind, given, form.said("enabled"))


def _settings_of(kind: AlertKind, form: Form) -> list[str]:
    """Return the settings that are on show for a rule of the kind, but for the threshold."""
    names = ["channel", "masks", "timezone"]
    names.append("recipients" if form.said("channel") == Channel.EMAIL else "url")
    names += ["period", "weekday", "at"] if kind is AlertKind.DIGEST else ["delivery", "repeat_minutes", "hours"]
    if kind is AlertKind.WATCH_WORDS:
        names.append("words")
    if kind in _ABOUT_CASES:
        names += ["reason", "courier"]
    if kind in _BY_PLATFORM:
        names.append("platform")
    return names


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Channel | Delivery | Period) else value


def narrowed_words(settings: Mapping[str, Any], platforms: Mapping[str, str]) -> str:
    """Return what a rule leaves to itself: "late delivery, DPD, on X"."""
    platform = settings.get("platform", "")
    told = [
        _REASONS.get(settings.get("reason", ""), settings.get("reason", "")),
        settings.get("courier", ""),
        f"on {platforms.get(platform, platform)}" if platform else "",
    ]
    return ", ".join(filter(None, map(str, told)))
