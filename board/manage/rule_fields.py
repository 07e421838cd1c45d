"""The fields of a rule, and a rule in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from board.manage.form import Form
from core.entities.carriers import CARRIERS
from core.platforms import platform_words
from core.policies import POLICIES
from core.taxonomy import Reason, Severity
from storage.couriers import all_couriers
from storage.database import Session
from storage.queue.offered import choices
from storage.routing import RuleFields

_REASONS: Final = {reason.value: reason.words for reason in Reason}
_SEVERITIES: Final = {int(level): f"{level.words} or worse" for level in Severity if level > 1}
_WORST: Final = int(max(Severity))


@dataclass(frozen=True, slots=True)
class Names:
    """What a rule can ask for and whom it can send to, by key and in words."""

    brands: Mapping[int, str]
    platforms: Mapping[str, str]
    languages: Mapping[str, str]
    couriers: Mapping[str, str]
    members: Mapping[int, str]
    teams: Mapping[int, str]


def names_for(session: Session) -> Names:
    """Return what there is to choose from: what cases name, what is known here, and what is set up."""
    offered = choices(session)
    own = [courier.name for courier in all_couriers(session)]
    known = [carrier.name for carrier in CARRIERS]
    couriers = list(dict.fromkeys((*own, *filter(None, offered.couriers), *known)))
    platforms = sorted({*filter(None, offered.platforms), *POLICIES})
    return Names(
        brands=offered.brands,
        platforms={name: platform_words(name) for name in platforms},
        languages={code: code for code in offered.languages if code},
        couriers={name: name for name in couriers},
        members=offered.members,
        teams=offered.teams,
    )


def rule_fields(form: Form, names: Names) -> None:
    """Show the fields: when the rule holds, and whom it sends to."""
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="bottom")
    with left:
        st.text_input("Name", form.first["name"], key=form.key("name"), max_chars=200)
    with right:
        st.checkbox("In force", form.first["enabled"], key=form.key("enabled"))
    form.show_error("name")
    st.markdown("**For cases with**")
    left, right = st.columns(2, gap="medium")
    with left:
        _choose(form, "reason", "Reason", "Any reason", _REASONS)
        _choose(form, "courier", "Courier", "Any courier or none", names.couriers)
        _choose(form, "brand_id", "Brand", "Any brand", names.brands)
    with right:
        _choose(form, "least_severity", "Severity", "Any severity", _SEVERITIES)
        _choose(form, "platform", "Platform", "Any platform", names.platforms)
        _choose(form, "language", "Language", "Any language", names.languages)
    st.markdown("**Send to**")
    left, right = st.columns(2, gap="medium")
    with left:
        _choose(form, "team_id", "Team", "No team", names.teams)
    with right:
        _choose(form, "member_id", "Member", "Nobody in particular", names.members)
    st.caption("With both, the member gets it, and the team where the member cannot take it.")


def _choose(form: Form, of: str, label: str, none: str, words: Mapping[Any, str]) -> None:
    """Show a choice; what the rule has and is not offered any more stays choosable."""
    first, empty = form.first[of], _empty(of)
    options: Sequence[Any] = [empty, *words] if first in words or first == empty else [empty, first, *words]
    st.selectbox(
        label,
        options,
        options.index(first),
        format_func=lambda value: none if value == empty else words.get(value, str(value)),
        key=form.key(of),
    )
    form.show_error(of)


def _empty(of: str) -> object:
    if of == "least_severity":
        return 0
    return None if of.endswith("_id") else ""


def rule_said(form: Form) -> RuleFields:
    """Return what the fields say."""
    return RuleFields(**{of: form.said(of) for of in form.first})


def conditions_in_words(said: RuleFields, names: Names) -> str:
    """Return which cases the rule is for."""
    told = [
        _REASONS.get(said.reason, said.reason),
        (_SEVERITIES.get(said.least_severity, "") if said.least_severity < _WORST else Severity(_WORST).words),
        said.courier,
        "" if not said.platform else f"on {platform_words(said.platform)}",
        "" if not said.language else f"in {said.language}",
        "" if said.brand_id is None else f"about {names.brands.get(said.brand_id, 'a brand that is gone')}",
    ]
    return ", ".join(filter(None, told)) or "Every case"


def receiver_in_words(said: RuleFields, names: Names) -> str:
    """Return whom the rule sends to."""
    member = "" if said.member_id is None else names.members.get(said.member_id, "a member whose account is closed")
    team = "" if said.team_id is None else f"the team {names.teams.get(said.team_id, 'that is gone')}"
    return ", else ".join(filter(None, (member, team))) or "nobody"
