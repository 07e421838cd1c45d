"""The board's own pages, without Streamlit: a card on a ground, no script, nothing from elsewhere."""

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

HERE: Final = Path(__file__).parent
_TEMPLATES: Final = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined)
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def own_page(template: str, status: int = 200, **values: Any) -> Response:
    """Return the page that the template makes of the values; it is kept nowhere and found by no search."""
    body = _TEMPLATES.get_template(template).render(**values)
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": _POLICY, "X-Robots-Tag": "noindex"}
    return HTMLResponse(body, status, headers)
