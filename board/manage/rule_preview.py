"""What a rule would have done, beside its fields while it is edited."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from board.manage.layout import table
from board.notices import as_text
from core.platforms import platform_words
from core.routing import Rule
from storage.routing import RuleFields
from storage.rule_preview import Past, Previewed, covered_by, previewed, rule_of

EXAMPLES: Final = 5


def show_preview(said: RuleFields, before: Sequence[Rule], past: Past) -> None:
    """Show what the rule would have sent of the last 30 days' cases, and whether it can ever get one."""
    rule = rule_of(said)
    st.markdown("**What it would have done**")
    earlier = covered_by(rule, before)
    if earlier is not None:
        st.warning(
            f"This rule can never get a case: {as_text(earlier.name)} stands before it and takes all that it "
            "describes. Move it up, or let it describe something else."
        )
    if not past.cases:
        st.caption("There is no case of the last 30 days to try it on.")
        return
    found = previewed(rule, before, past)
    st.text(_sentence(found, past, said))
    if found.sent:
        table(
            "rule_examples",
            ("Case", "Platform", "Says"),
            [(f"{case.id}", platform_words(case.platform), case.excerpt) for case in found.sent[:EXAMPLES]],
            paths=[f"/?case={case.id}" for case in found.sent[:EXAMPLES]],
        )


def _sentence(found: Previewed, past: Past, said: RuleFields) -> str:
    count = len(found.sent)
    sent = f"Of {past.words} it would have sent {count:,}" + (f" ({count / len(past.cases):.0%})" if count else "")
    taken = sum(number for _, number in found.taken_before)
    words = sent + "."
    if taken:
        names = ", ".join(f"{name} {number:,}" for name, number in found.taken_before[:3])
        words += f" {taken:,} more that it describes go to earlier rules: {names}."
    return words if said.enabled else f"{words} It is off."
