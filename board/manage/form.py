"""A form for one row: its widgets' keys, what the row said when it was opened, and what is wrong with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from board.manage.acting import managing
from board.notices import as_text, tell
from core.errors import AfterclickError, ChangedError, FormError
from core.types import Role
from storage.database import Session
from storage.tables import Member

_FORM = "manage_form"
Result = TypeVar("Result")


@dataclass(slots=True)
class Form:
    """One row being edited.

    `first` is what its fields began with and `seen` what the store last said of them. Each `turn` has widgets of its
    own, so that starting over forgets what was typed; an error does not.
    """

    name: str
    first: Mapping[str, Any]
    seen: Mapping[str, Any]
    turn: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    def key(self, of: str) -> str:
        """Return the key of the field's widget."""
        return f"{self.name}_{of}_{self.turn}"

    def said(self, of: str) -> Any:
        """Return what the field says now; before its widget is drawn, what it begins with."""
        return st.session_state.get(self.key(of), self.first.get(of))

    def lines(self, of: str) -> list[str]:
        """Return the lines that a field of lines has now, without empty ones."""
        said = self.said(of)
        lines: Sequence[str] = said.splitlines() if isinstance(said, str) else said
        return [line.strip() for line in lines if line.strip()]

    def preset(self, of: str, value: object) -> None:
        """Let a field begin with a value that can be cleared: one that is a widget's default comes back when it is."""
        if self.key(of) not in st.session_state:
            st.session_state[self.key(of)] = value

    def show_lines(self, of: str, label: str, **more: Any) -> None:
        """Show a field of lines, and what is wrong with it; `more` goes to Streamlit's text_area."""
        st.text_area(label, "\n".join(self.first[of]), key=self.key(of), **more)
        self.show_error(of)

    def show_error(self, of: str) -> None:
        """Show under a field what is wrong with it."""
        if of in self.errors:
            with st.container(key=f"wrong_{of}"):
                st.text(self.errors[of])  # as text: Markdown would make a link of an address

    def show_problem(self) -> None:
        """Show what is wrong with the whole."""
        if self.problem:
            st.warning(as_text(self.problem))
        elif self.errors:
            st.error("Nothing was saved: mend what is said in red under the fields.")


def form_for(name: str, present: Mapping[str, Any]) -> Form:
    """Return the form of this name as it stands, a fresh one of `present` where another was open before."""
    form: Form | None = st.session_state.get(_FORM)
    if form is None or form.name != name:
        form = Form(name, dict(present), dict(present), 0 if form is None else form.turn + 1)
        st.session_state[_FORM] = form
    return form


def start_over() -> None:
    """Forget what was typed: the next run makes the form anew from the store."""
    form: Form | None = st.session_state.get(_FORM)
    if form is not None:
        st.session_state[_FORM] = Form("", {}, {}, form.turn)


def submit(form: Form, act: Callable[[Session, Member], Result], needed: Role = Role.MANAGER) -> Result | None:
    """Do `act` in one transaction as the member who clicked; keep in the form what is wrong, and return None then."""
    form.errors, form.problem = {}, ""
    try:
        with managing(needed) as (session, member):
            result = act(session, member)
    except FormError as error:
        form.errors = error.fields
        form.problem = error.fields.get("", "")
    except ChangedError as error:
        form.seen, form.problem = error.present, str(error)
    except AfterclickError as error:
        form.problem = str(error)
    else:
        start_over()
        return result
    return None


def attempt(act: Callable[[Session, Member], str], needed: Role = Role.MANAGER) -> bool:
    """Do something that needs no form and tell the sentence it returns, or why nothing was done."""
    try:
        with managing(needed) as (session, member):
            words = act(session, member)
    except AfterclickError as error:
        tell(str(error), long=True)
        return False
    tell(words)
    return True
