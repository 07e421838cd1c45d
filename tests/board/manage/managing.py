"""A managers' page as Streamlit runs it, without a browser, for the tests of each of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from storage.database import Database
from storage.members import member_by_email
from storage.rows import id_of

OpenPage = Callable[..., AppTest]
ADA = "ada@brindle.example"  # the seeded board has a manager and a responder, and no admin


def sign_in(database: Database, email: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pages that are opened from here on be this member's."""
    monkeypatch.setattr(st, "user", {"member_id": str(id_for(database, email))})


def id_for(database: Database, email: str) -> int:
    """Return the member's key."""
    with database.read() as session:
        found = member_by_email(session, email)
        assert found is not None
        return id_of(found)


def open_row(page: AppTest, what: str = "") -> AppTest:
    """Run the page with this in its address."""
    if what:
        page.query_params["open"] = what
    page.run()
    assert not page.exception, page.exception
    return page


def shown(page: AppTest, key: str = "row_list") -> dict[str, Any]:
    """Return the data of one of the board's own components."""
    for element in page.get("bidi_component"):
        if element.proto.id.endswith(f"-{key}") or f"-{key}-" in element.proto.id:
            data: dict[str, Any] = json.loads(element.proto.json)
            return data
    raise AssertionError(f"{key} is not on the page")


def words(page: AppTest) -> str:
    """Return what stands on the page, as a reader sees it."""
    kinds = (page.subheader, page.markdown, page.text, page.caption, page.warning, page.error)
    plain = "\n".join(str(each.value) for kind in kinds for each in kind)
    html = "\n".join(element.proto.body for element in page.get("html"))
    return plain.replace("\\", "") + html


def toasts(page: AppTest) -> list[str]:
    """Return what the page told after the last click."""
    return [toast.value.replace("\\", "") for toast in page.toast]


def field(page: AppTest, name: str) -> Any:
    """Return the widget of a form's field, whatever the turn its key ends with."""
    for kind in ("text_input", "text_area", "selectbox", "multiselect", "number_input", "radio", "checkbox"):
        for widget in page.get(kind):
            if widget.key and widget.key.rpartition("_")[0].endswith(f"_{name}"):
                return widget
    raise AssertionError(f"no field {name} on the page")
