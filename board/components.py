"""The board's own parts of a page: Streamlit's v2 components, each a script and a style kept in files of their own."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent


@cache
def _asset(path: str) -> str:
    return (HERE / path).read_text(encoding="utf-8")


def mount(name: str, data: Mapping[str, Any], key: str, **on_trigger: Callable[[], None]) -> None:
    """Show the component `name` ("queue/queue_list") with `data`; each trigger `x` calls `on_x_change`.

    The scripts put data on the page as text only, never as HTML.
    """
    show = st.components.v2.component(
        name.replace("/", "_"),
        html='<div class="root"></div>',
        css=_asset("shared.css") + _asset(f"{name}.css"),
        js=_asset("shared.js") + _asset(f"{name}.js"),
    )
    callbacks: dict[str, Any] = {**on_trigger}
    show(key=key, data=dict(data), height="content", **callbacks)
