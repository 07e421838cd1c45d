"""The board as a web application. `streamlit run app.py` works, and so does any ASGI server on `app:app`.

`afterclick run` starts it as `python -m app --host HOST --port PORT`; from code, `serve(host, port)` blocks until it is
told to stop by SIGTERM or Ctrl-C.
"""

import argparse
import asyncio
import gc
import importlib
import logging
import os
import pkgutil
import time
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import streamlit as st
from starlette.middleware import Middleware

from board import memory, pages, parts
from board.aids import aid_routes
from board.alert_links import AlertLinks
from board.components import component_route
from board.drafts import draft_route
from board.gate import Gate
from board.headers import SecurityHeaders
from board.options import OPTIONS, apply_options
from board.pages.failure import show_failure
from board.signin import SignIn
from board.watching import watching_routes
from collectors import PLATFORMS, check, class_of, needed_credentials, optional_credentials
from collectors.base import SourceConfig
from collectors.preview import compiled, estimate, reads_mentions_apart
from core.configuration import parse_configuration
from core.errors import ConfigError
from core.queries import Query
from core.taxonomy import Reason
from core.types import Compiled, Estimate
from jobs.collect import config_of
from settings import DEFAULT_PORT, credentials_for, load_settings, own_variable
from storage.database import open_database
from storage.tables import Brand, Source

if TYPE_CHECKING:
    from classifier.model import Model

SETTINGS: Final = load_settings()
PAGES: Final = Path(parts.__file__).parent / "script" / "entry.py"
COLLECT_GARBAGE_EVERY_S: Final = 60.0
LOOK_AT_MODEL_EVERY_S: Final = 60
_EXPLAINING: Final = Lock()  # one at a time: each uses all threads of the classifier


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Open the database before the first visitor comes and close it after the last one has gone."""
    memory.share_heaps()
    apply_options()
    database = await asyncio.to_thread(open_database, SETTINGS.database_url.get_secret_value())
    parts.install(
        parts.Parts(
            database=database,
            base_url=SETTINGS.base_url,
            compiled=_compiled,
            estimate=_estimate_on_x,
            configured=_configured,
            model=_model_facts,
            explained=_explained,
            reaches_private=SETTINGS.webhook_private,
            platforms=tuple(PLATFORMS),
            platform_facts=_platform_facts,
            check_source=_check_source,
        )
    )
    housekeeping = asyncio.create_task(_keep_house())
    try:
        yield {}
    finally:
        housekeeping.cancel()
        with suppress(asyncio.CancelledError):
            await housekeeping
        parts.install(None)
        database.close()


def _on_x(asked: parts.EstimateAsked) -> SourceConfig:
    return SourceConfig(
        name=asked.source or "query test",
        platform="x",
        query=asked.query,
        own_handles=asked.own_handles,
        base_url=asked.base_url,
        options=asked.options,
    )


def _compiled(query: Query, asked: parts.EstimateAsked) -> list[Compiled]:
    apart = reads_mentions_apart(_on_x(asked), credentials_for)
    return compiled(query, asked.own_handles, mentions_apart=apart)


def _estimate_on_x(asked: parts.EstimateAsked) -> Estimate:
    return estimate(_on_x(asked), credentials_for)


def _platform_facts(platform: str, source: str) -> parts.PlatformFacts:
    needed, optional = needed_credentials(platform), optional_credentials(platform)
    keys = [
        parts.Key(name, own_variable(source, name), is_needed=name in needed, is_set=_is_set(source, name))
        for name in (*needed, *optional)
    ]
    return parts.PlatformFacts(sorted(class_of(platform).options), keys)


def _is_set(source: str, name: str) -> bool:
    try:
        return bool(credentials_for(source, [name]))
    except ConfigError:  # the file that its variable names cannot be read
        return False


def _check_source(source: Source, brand: Brand) -> None:
    check(config_of(source, brand))


def _configured() -> parts.Configured | None:
    """Return what stands in the file that `afterclick run` applies at its start; one that it could not read is none."""
    if SETTINGS.config is None:
        return None
    try:
        data = tomllib.loads(SETTINGS.config.read_text(encoding="utf-8"))
        read = parse_configuration(data)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ConfigError):
        return None
    names = {
        table: frozenset(
            str(getattr(entry, "email" if table == "members" else "name")) for entry in getattr(read, table)
        )
        for table in type(read).model_fields
    }
    return parts.Configured(SETTINGS.config.name, names)


def _model_facts() -> parts.ModelFacts | None:
    """Return what the model's folder says of it, looked up once a minute at most: its files are read to the end."""
    return _model_facts_in(int(time.monotonic() // LOOK_AT_MODEL_EVERY_S))


@lru_cache(maxsize=1)
def _model_facts_in(_minute: int) -> parts.ModelFacts | None:
    # The classifier's libraries take a second to load, and no page but one needs them.
    from classifier.card import figures
    from classifier.loading import described

    labels = described(SETTINGS.model_dir, SETTINGS.adapted_dir)
    if labels is None:
        return None
    base, _, adapted = labels.version.partition("+")
    return parts.ModelFacts(
        version=labels.version,
        base=base,
        adapted=bool(adapted),
        borders=labels.choices,
        card=labels.drift,
        figures=figures(SETTINGS.model_dir),
    )


def _explained(text: str, reason: Reason | None) -> parts.Explained:
    """Say which words moved the model's answer. The first call loads it, which other pages do without."""
    facts = _model_facts()
    with _EXPLAINING:
        model = _model_in_force(facts.version if facts else "")
        found = model.explain(text, reason)
    words = [parts.WeighedWord(word.start, word.end, word.weight) for word in found.words]
    return parts.Explained(model.version, found.start, found.end, found.probability, words)


@lru_cache(maxsize=1)
def _model_in_force(_version: str) -> "Model":
    from classifier import loading

    return loading.load(SETTINGS.model_dir, SETTINGS.threads, SETTINGS.adapted_dir)


async def _keep_house() -> None:
    """Load the pages before they are asked for, and collect garbage now and then."""
    await asyncio.to_thread(_load_pages)
    while True:
        await asyncio.sleep(COLLECT_GARBAGE_EVERY_S)
        await asyncio.to_thread(memory.give_back)


def _load_pages() -> None:
    """Load what the pages need. It stays for good, so collecting garbage need not look through it again and again."""
    for module in pkgutil.iter_modules(pages.__path__, f"{pages.__name__}."):
        importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


app = st.App(
    PAGES,
    routes=[
        *SignIn().routes(),
        *AlertLinks().routes(),
        component_route(),
        draft_route(),
        *aid_routes(),
        *watching_routes(),
    ],
    middleware=[Middleware(SecurityHeaders), Middleware(Gate)],
    lifespan=lifespan,
    on_script_error=show_failure,
)


def serve(host: str = "127.0.0.1", port: int = DEFAULT_PORT) -> None:
    """Serve the board until SIGTERM or Ctrl-C; prints nothing of its own. Exits with 1 where the port is taken."""
    # Who reaches the board decides which address a sign-in is counted for, so by default nobody is believed about it.
    os.environ.setdefault("FORWARDED_ALLOW_IPS", "")
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    app.run(
        config={
            **OPTIONS,
            "server.address": host,
            "server.port": port,
            "server.corsAllowedOrigins": [SETTINGS.base_url],
            "logger.level": "warning",
        }
    )


def _main() -> None:
    parser = argparse.ArgumentParser(prog="app", description="Serve the board of Afterclick.")
    parser.add_argument("--host", default="127.0.0.1", help="network address to listen on")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port to listen on")
    given = parser.parse_args()
    serve(given.host, given.port)


if __name__ == "__main__":
    _main()
