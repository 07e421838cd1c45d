"""Who is told what a rule finds, one by one: who does not want to hear of it, and whom no mail reaches."""

from collections.abc import Collection, Sequence
from typing import Final

import streamlit as st

from board import parts
from board.alerts.overview import forget
from board.alerts.shown import recipient_words, revived_words
from board.alerts.web_address import inside_words
from board.manage.form import attempt
from board.notices import as_text
from core.configuration.alerting import parse_settings
from core.errors import ConfigError
from storage.alerting.addresses import dead_among, mute, told, unmute
from storage.alerting.answering import revive
from storage.alerting.rules import muted_by_rule
from storage.alerting.shown import dead_addresses
from storage.database import Session
from storage.tables import AlertRule, Member

MOST_SHOWN: Final = 50


def show_recipients(session: Session, row: AlertRule | None, *, may_change: bool) -> None:
    """Show them, each with what can be done about it."""
    if row is None or row.id is None:
        return
    try:
        settings = parse_settings(row.kind, row.settings)
    except ConfigError as error:
        st.warning(f"Nobody is told, as the rule cannot be read: {as_text(str(error))}")
        return
    addresses = told(session, row, settings)[:MOST_SHOWN]
    muted, dead = set(muted_by_rule(session).get(row.id, ())), dead_among(session, addresses)
    st.markdown("**Who hears of it**")
    if not addresses:
        st.text("Nobody: the rule names no address, and the brand names no managers.")
    for number, address in enumerate(addresses):
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"recipient_{number}"):
            state = " · refused by its server" if address in dead else " · muted" if address in muted else ""
            st.text(recipient_words(settings.channel, address) + state, width="stretch")
            if not may_change:
                continue
            if address in dead:
                st.button("It works again", key=f"revive_{number}", on_click=_revive, args=(address,))
            elif address in muted:
                st.button("Tell again", key=f"unmute_{number}", on_click=_unmute, args=(row.id, address))
            else:
                st.button("Mute", key=f"mute_{number}", on_click=_mute, args=(row.id, address))
        if words := inside_words(address):
            st.warning(as_text(words))


def silent_marks(session: Session, rules: Sequence[AlertRule]) -> dict[int | None, list[tuple[str, str]]]:
    """Return of each rule the marks that say whom it means and does not tell."""
    muted = muted_by_rule(session)
    refused = {each.address for each in dead_addresses(session)}
    return {rule.id: _marks(session, rule, muted.get(rule.id or 0, ()), refused) for rule in rules}


def _marks(
    session: Session, rule: AlertRule, muted: Collection[str], refused: Collection[str]
) -> list[tuple[str, str]]:
    try:
        addresses = told(session, rule, parse_settings(rule.kind, rule.settings))
    except ConfigError:  # its trouble is another mark
        return []
    kinds = (
        ("refused by its server", "refused", "warm", lambda address: address in refused),
        ("private address", "private", "warm", lambda address: bool(inside_words(address))),
        ("muted", "muted", "plain", lambda address: address in muted and address not in refused),
    )
    marks = []
    for alone, of_several, tone, is_so in kinds:
        count = sum(map(is_so, addresses))
        if count:
            marks.append((alone if len(addresses) == 1 else f"{count} of {len(addresses)} {of_several}", tone))
    return marks


def _mute(rule_id: int, address: str) -> None:
    now = parts.installed().clock()

    def act(session: Session, _member: Member) -> str:
        mute(session, rule_id, address, now)
        return "Muted: this rule tells them nothing any more. Other rules do."

    attempt(act)


def _unmute(rule_id: int, address: str) -> None:
    def act(session: Session, _member: Member) -> str:
        unmute(session, rule_id, address)
        return "They are told again what this rule finds."

    attempt(act)


def _revive(address: str) -> None:
    def act(session: Session, _member: Member) -> str:
        revive(session, address)
        return revived_words(address)

    attempt(act)
    forget()
