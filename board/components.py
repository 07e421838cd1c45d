"""The board's own parts of a page: Streamlit's v2 components, each a script and a style kept in files of their own.

Streamlit sends the script and the style of a component with every run of a page, which was most of what a board
sent. It gets a few lines instead, which fetch both once; their addresses change with what they hold.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from board.turns import hurried

HERE: Final = Path(__file__).parent
_MEDIA_TYPES: Final = {"js": "text/javascript", "css": "text/css"}
# A connection that was lost for a moment must not leave a hole in the page. Browsers keep what failed, by its address.
_LOADER: Final = """
const at = (path) => new URL(path, location.origin).href;
const load = (more) => Promise.all([import(at("%s" + more)), fetch(at("%s"))]);
const later = () => new Promise((done) => setTimeout(done, 2000)).then(() => load("?again"));
const [{ default: show }, answer] = await load("").catch(later);
const style = new CSSStyleSheet();
style.replaceSync(await answer.text());
export default (component) => {
  const root = component.parentElement.getRootNode();
  if (!root.adoptedStyleSheets.includes(style)) root.adoptedStyleSheets.push(style);
  return show(component);
};
"""
_served: Final[dict[str, str]] = {}  # the files that pages of this process have asked for, by their address


def mount(
    name: str,
    data: Mapping[str, Any],
    key: str,
    *,
    pieces: Sequence[str] = (),
    width: Literal["stretch", "content"] = "stretch",
    **on_trigger: Callable[[], None],
) -> None:
    """Show the component `name` ("queue/queue_list") with `data`; each trigger `x` calls `on_x_change`.

    A component that one file cannot hold is made of `pieces` too: scripts and styles that come before its own. The
    scripts put data on the page as text only, never as HTML.
    """
    show = st.components.v2.component(
        name.replace("/", "_"), html='<div class="root"></div>', js=_loader(("shared", *pieces, name))
    )
    callbacks: dict[str, Any] = {name: hear if hear is redraw else hurried(hear) for name, hear in on_trigger.items()}
    # Streamlit looks whether a list is a table of data, which takes it longer than all else; a tuple it lets be.
    told = {word: tuple(value) if isinstance(value, list) else value for word, value in data.items()}
    show(key=key, data=told, width=width, height="content", **callbacks)


def redraw() -> None:
    """Have the component's fragment drawn anew, which Streamlit does by itself; for a trigger that nobody waits for."""


def component_route() -> Route:
    """Return the route of the components' scripts and styles."""
    return Route("/api/parts/{file}", _component, methods=["GET"])


async def _component(request: Request) -> Response:
    content = _served.get(request.url.path)
    if content is None:
        return PlainTextResponse("There is no such part of a page. Load the page again.", 404)
    kind = request.url.path.rpartition(".")[2]
    return Response(
        content, media_type=_MEDIA_TYPES[kind], headers={"Cache-Control": "private, max-age=31536000, immutable"}
    )


@cache
def _loader(names: tuple[str, ...]) -> str:
    return _LOADER % (_serve(names, "js"), _serve(names, "css"))


def _serve(names: tuple[str, ...], kind: str) -> str:
    """Keep what a component is made of to be fetched; return its address."""
    paths = (HERE / f"{name}.{kind}" for name in names)
    content = "".join(path.read_text(encoding="utf-8") for path in paths if path.exists())
    version = hashlib.sha256(content.encode()).hexdigest()[:16]
    address = f"/api/parts/{names[-1].replace('/', '_')}.{version}.{kind}"
    _served[address] = content
    return address
