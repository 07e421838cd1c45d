"""The board as a web application. `streamlit run app.py` works, and so does any ASGI server on `app:app`.

`afterclick run` starts it as `python -m app --host HOST --port PORT`; from code, `serve(host, port)` blocks until it is
told to stop by SIGTERM or Ctrl-C.
"""

import argparse
import asyncio
import gc
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import streamlit as st
from starlette.middleware import Middleware

from board import parts
from board.drafts import draft_route
from board.gate import Gate
from board.headers import SecurityHeaders
from board.options import OPTIONS, apply_options
from board.pages.failure import show_failure
from board.signin import SignIn
from settings import DEFAULT_PORT, load_settings
from storage.database import open_database

SETTINGS: Final = load_settings()
PAGES: Final = Path(parts.__file__).parent / "script" / "entry.py"
COLLECT_GARBAGE_EVERY_S: Final = 60.0


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Open the database before the first visitor comes and close it after the last one has gone."""
    apply_options()
    database = await asyncio.to_thread(open_database, SETTINGS.database_url.get_secret_value())
    parts.install(parts.Parts(database=database, base_url=SETTINGS.base_url))
    housekeeping = asyncio.create_task(_collect_garbage())
    try:
        yield {}
    finally:
        housekeeping.cancel()
        with suppress(asyncio.CancelledError):
            await housekeeping
        parts.install(None)
        database.close()


async def _collect_garbage() -> None:
    while True:
        await asyncio.sleep(COLLECT_GARBAGE_EVERY_S)
        await asyncio.to_thread(gc.collect)


app = st.App(
    PAGES,
    routes=[*SignIn().routes(), draft_route()],
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
