"""What a rule would have told in the last 30 days, beside its fields while it is edited."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st

from board import parts
from board.manage.layout import table
from board.notices import as_text
from core.alerts.engine import News
from core.alerts.kinds import AlertKind, Delivery
from storage.alerting.rules import AlertRuleSaid, wrong_settings
from storage.alerting.trial import DAYS, Trial, try_rule
from storage.database import Session
from storage.tables import Brand

SHOWN: Final = 8
_KEPT: Final = "alert_trial"


def show_trial(session: Session, said: AlertRuleSaid, shown: Mapping[str, str]) -> None:
    """Show how many mails a recipient would have got, and the newest of the incidents.

    What is wrong is said once: not here where the fields show it, as they do once somebody tried to save.
    """
    with st.container(border=True, key="alert_trial_box"):
        wrong = wrong_settings(said.kind, said.settings)
        if wrong:
            is_shown = wrong.items() <= shown.items()
            st.text("Not tried yet." if is_shown else f"Not tried yet: {' '.join(wrong.values())}")
            return
        trial = _tried(session, said)
        brand = session.get_one(Brand, said.brand_id)
        st.markdown(f"**{as_text(trial_words(said, trial))}**")
        newest = sorted(trial.incidents, key=lambda each: each.opened_at, reverse=True)
        if newest:
            rows = [
                (
                    _when(each.opened_at, brand.timezone),
                    each.title,
                    _told([news for _, news in each.mails]),
                )
                for each in newest[:SHOWN]
            ]
            table("alert_trial_table", ("Opened", "Incident", "Told"), rows)
            hidden = len(newest) - len(rows)
            more = f"And {hidden:,} before them. " if hidden else ""
            st.caption(
                as_text(
                    f"{more}Times are those of {brand.timezone}. As if nobody had acknowledged anything. "
                    "A new rule tells of what begins after it was made, not of what lies behind."
                )
            )


def trial_words(said: AlertRuleSaid, trial: Trial) -> str:
    """Return the outcome in a sentence."""
    mails = f"{trial.mails:,} mail{'' if trial.mails == 1 else 's'}"
    if said.kind is AlertKind.DIGEST:
        return f"Would have sent {mails} in the last {DAYS} days."
    found = f"{len(trial.incidents):,} incident{'' if len(trial.incidents) == 1 else 's'}"
    if not trial.incidents:
        return f"Would have sent nothing in the last {DAYS} days: there was no incident."
    if said.settings.get("delivery") == Delivery.DIGEST:
        return f"Would have put {found} into digests in the last {DAYS} days, and sent no mail of its own."
    if not trial.mails:
        return (
            f"Would have sent no mail in the last {DAYS} days: there {_was(trial)} {found}, {_why_untold(said, trial)}."
        )
    return f"Would have sent {mails} in the last {DAYS} days, about {found}."


def _was(trial: Trial) -> str:
    return "was" if len(trial.incidents) == 1 else "were"


def _why_untold(said: AlertRuleSaid, trial: Trial) -> str:
    """Return why nobody would have been told of any of its incidents."""
    if any(each.resolved_at is None for each in trial.incidents):
        return "to be told once its hours begin" if said.settings.get("hours") else "to be told in a moment"
    return "over before its hours began" if said.settings.get("hours") else "over before anybody was to be told"


def _tried(session: Session, said: AlertRuleSaid) -> Trial:
    """Try the rule, once for the same settings while they are edited."""
    key = json.dumps([said.brand_id, said.kind.value, dict(said.settings)], sort_keys=True, default=str)
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] != key:
        with st.spinner(f"Trying it on the last {DAYS} days …"):
            kept = (key, try_rule(session, said.brand_id, said.kind, said.settings, parts.installed().clock()))
        st.session_state[_KEPT] = kept
    trial: Trial = kept[1]
    return trial


def _told(news: Sequence[News]) -> str:
    """Return why somebody was told, how often: "New, Still so 3 times"."""
    counts = Counter(news)
    return ", ".join(f"{each.words} {n} times" if n > 1 else each.words for each, n in counts.items()) or "–"


def _when(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%d %b, %H:%M}"
