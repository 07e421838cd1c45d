"""The rules side of the Alerts page: what each rule watches, and what it would have told in the last 30 days."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import streamlit as st

from board import parts
from board.alerts.overview import forget
from board.alerts.recipients import show_recipients, silent_marks
from board.alerts.rule_fields import Offered, fields_from, narrowed_words, rule_fields, rule_said
from board.alerts.shown import kind_words, recipient_words
from board.alerts.trying import show_trial
from board.alerts.web_address import host_of, inside_words
from board.manage.acting import may_manage
from board.manage.form import Form, attempt, form_for, submit
from board.manage.layout import (
    Deletion,
    Group,
    Opened,
    Row,
    close,
    detail,
    gone,
    list_and_detail,
    opened,
    origin_note,
    rest,
    saving,
    show_toml,
)
from board.manage.rule_fields import names_for
from board.notices import as_text, tell
from board.pages.refused import read_only_note
from core.alerts.kinds import AlertKind, Channel, Delivery, Period
from core.configuration.alerting import RuleSettings
from core.errors import FormError
from core.hours import DAYS
from storage.alerting.answering import snooze_rule
from storage.alerting.rules import FIELDS, all_alert_rules, delete_alert_rule, save_alert_rule
from storage.brands import all_brands, described
from storage.database import Session
from storage.tables import AlertRule, Brand, Member

RULE: Final = "alert"
_SNOOZES: Final = {"hour": "For 1 hour", "hours": "For 4 hours", "tomorrow": "Until tomorrow, 8:00"}


def rules_panes(member: Member) -> None:
    """Show the rules to a member; a responder only looks."""
    now = parts.installed().clock()
    with parts.installed().database.read() as session:
        rules, brands = all_alert_rules(session), {brand.id or 0: brand for brand in all_brands(session)}
        names = names_for(session)
        offered = Offered({key: brand.name for key, brand in brands.items()}, names.platforms, names.couriers)
        with list_and_detail(_groups(rules, brands, offered, silent_marks(session, rules), now)):
            chosen = opened(RULE)
            row = None if chosen is None else next((each for each in rules if each.id == chosen.row_id), None)
            if chosen is None:
                _show_rest(session, member)
            elif (row is None and not chosen.is_new) or not brands or (chosen.is_new and not may_manage(member)):
                gone("rule")
            else:
                _show_rule(session, chosen, row, offered, member)


def _groups(
    rules: Sequence[AlertRule],
    brands: Mapping[int, Brand],
    offered: Offered,
    silent: Mapping[int | None, Sequence[tuple[str, str]]],
    now: datetime,
) -> Sequence[Group]:
    if not brands:
        return [Group("Alert rules", [], "There is no brand yet. Rules are a brand’s: name one in the configuration.")]
    return [
        Group(
            f"Alert rules of {brand.name}",
            [_row(rule, brand, offered, silent.get(rule.id, ()), now) for rule in rules if rule.brand_id == key],
            "This brand has no rule, so nobody is told of anything.",
            title=brand.name if len(brands) > 1 else "",
        )
        for key, brand in brands.items()
    ]


def _row(rule: AlertRule, brand: Brand, offered: Offered, silent: Sequence[tuple[str, str]], now: datetime) -> Row:
    marks = []
    if not rule.enabled:
        marks.append(("off", "plain"))
    elif rule.trouble:
        marks.append(("does not work", "warm"))
    if rule.snoozed_until is not None and rule.snoozed_until > now:
        marks.append((f"snoozed until {_when(rule.snoozed_until, brand.timezone)}", "warm"))
    narrowed = narrowed_words(rule.settings, offered.platforms)
    if rule.enabled:
        marks += silent
    lines = (kind_words(rule.kind) + (f", only {narrowed}" if narrowed else ""), told_words(rule, brand))
    return Row(f"{RULE}-{rule.id}", rule.name, lines, "", marks, is_off=not rule.enabled)


def told_words(rule: AlertRule, brand: Brand) -> str:
    """Return who is told how and when: "E-mail to dana@brindle.example, at once"."""
    said = RuleSettings.model_construct(**rule.settings)
    if said.channel == Channel.EMAIL:
        addresses = said.recipients or brand.managers
        shown = ", ".join(addresses[:2]) + (f" and {len(addresses) - 2} more" if len(addresses) > 2 else "")
        to = f"E-mail to {shown}" if addresses else "E-mail to nobody: the brand names no managers"
    else:
        to = f"To {recipient_words(Channel(said.channel), said.url)}"
    return f"{to}, {_rhythm(rule.kind, said)}"


def _rhythm(kind: AlertKind, said: RuleSettings) -> str:
    if kind is AlertKind.DIGEST:
        day = "every day" if said.period == Period.DAY else f"every {DAYS[said.weekday].capitalize()}"
        return f"{day} at {said.at}"
    when = "in the next digest" if said.delivery == Delivery.DIGEST else "at once"
    return f"{when}, {'; '.join(said.hours)}" if said.hours else when


def _when(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%a %H:%M}"


def _show_rule(session: Session, chosen: Opened, row: AlertRule | None, offered: Offered, member: Member) -> None:
    may_change = may_manage(member)
    form = form_for(chosen.name, fields_from(row, offered))
    with detail(row.name if row else "A new rule"):
        if not may_change:
            read_only_note("Alert rules")
            show_recipients(session, row, may_change=False)
            return
        origin_note("rules", row.name if row else "")
        if row is not None and row.trouble:
            st.warning(f"The rule does not work at the moment: {as_text(row.trouble)}")
        rule_fields(form, offered, is_new=row is None, disabled=False)
        show_trial(session, rule_said(form), form.errors)
        question = f"Delete {row.name}? Its open incidents end, and stay to be read." if row else ""
        saving(form, chosen, _save, Deletion(question, _delete) if row else None)
        if row is not None:
            _show_snooze(row)
            show_recipients(session, row, may_change=True)


def _show_snooze(row: AlertRule) -> None:
    now = parts.installed().clock()
    is_snoozed = row.snoozed_until is not None and row.snoozed_until > now
    st.markdown("**Be quiet for a while**")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if is_snoozed:
            st.button("End the snooze", key=f"wake_rule_{row.id}", on_click=_snooze, args=(row.id, ""))
        else:
            for name, words in _SNOOZES.items():
                st.button(words, key=f"snooze_rule_{name}_{row.id}", on_click=_snooze, args=(row.id, name))
    st.caption("Meanwhile nobody is told; what is still so afterwards is told then. Incidents open all the same.")


def _snooze(rule_id: int, how: str) -> None:
    now = parts.installed().clock()

    def act(session: Session, _member: Member) -> str:
        row = session.get(AlertRule, rule_id)
        zone = session.get_one(Brand, row.brand_id).timezone if row is not None else "UTC"
        until = _until(how, now, zone)
        if not snooze_rule(session, rule_id, until, now):
            return "Nothing was done: there is no such rule any more."
        return "The rule tells again." if until is None else f"Nobody is told until {_when(until, zone)} ({zone})."

    attempt(act)
    forget()


def _until(how: str, now: datetime, zone: str) -> datetime | None:
    """Return the end of a snooze; that of "tomorrow" is at eight by the brand's clock."""
    if how == "tomorrow":
        local = now.astimezone(ZoneInfo(zone)) + timedelta(days=1)
        return local.replace(hour=8, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)
    return {"hour": now + timedelta(hours=1), "hours": now + timedelta(hours=4)}.get(how)


def _show_rest(session: Session, member: Member) -> None:
    with rest():
        if not may_manage(member):
            read_only_note("Alert rules")
        st.markdown("**How a rule tells**")
        st.text(
            "What belongs together (one rule, reason and courier) is one incident. It is told once, told again when "
            "more of it comes or, if nobody acknowledges it, after the time that the rule says, and nobody gets more "
            "than three mails at once, then one an hour for all that waited."
        )
        if may_manage(member):
            rules = described(session)["rules"]
            show_toml("rules", [_without_secret(entry) for entry in rules])
            if any(entry["settings"].get("url") for entry in rules):
                st.caption("Of a web address the TOML shows the host alone: put the whole address in its place.")


def _without_secret(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a rule as the file has it, but for a web address, which may be a password: no file takes what is left."""
    settings = entry["settings"]
    if not settings.get("url"):
        return entry
    return {**entry, "settings": {**settings, "url": f"… at {host_of(settings['url'])} …"}}


def _save(form: Form, chosen: Opened) -> None:
    said, now = rule_said(form), parts.installed().clock()
    seen = None if chosen.is_new else {name: form.seen[name] for name in FIELDS}

    def save(session: Session, _member: Member) -> str:
        if words := inside_words(str(said.settings.get("url", ""))):
            raise FormError({"url": words})
        return save_alert_rule(session, chosen.row_id, said, now, seen).name

    saved = submit(form, save)
    if saved is not None:
        close()
        forget()
        st.query_params["show"] = "rules"
        tell(f"The rule {saved} is saved, and looks within seconds.")


def _delete(chosen: Opened) -> None:
    now = parts.installed().clock()
    if attempt(lambda session, _: f"The rule {delete_alert_rule(session, chosen.row_id or 0, now)} is deleted."):
        close()
        forget()
        st.query_params["show"] = "rules"
