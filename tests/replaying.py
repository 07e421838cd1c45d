"""The replay server that is kept beside the project, filled with posts of our own."""

import importlib
import random
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

EPOCH_MS = 1_288_834_974_657
OPENINGS = ("Honestly", "So", "Day nine:", "Hello @parcelo,", "Update for those who asked:", "Right", "PSA", "Hmm")
COMPLAINTS = (
    "the parcel that parcelo swore would come on Monday is still nowhere",
    "parcelo's driver left a slip saying we were out; three of us sat in the front room",
    "an hour on hold with parcelo and then the line went dead",
    "you people are liars, parcelo, the worst shop I have ever given money to, never again",
    "parcelo charged me twice and nobody answers my mails",
    "the lamp from parcelo came in four pieces",
)
OTHERS = (
    "parcelo has a sale on umbrellas until Friday",
    "does parcelo ship to Malta?",
    "the blanket from parcelo is the softest thing I own, thank you",
    "walked past the parcelo warehouse, they are painting it green",
)


def replay_server(shared: Path) -> Any:
    """Return the module of the replay server."""
    folder = str(shared / "replay")
    if not Path(folder).is_dir():
        pytest.skip("needs ../shared/replay (recordings that are not part of the project)")
    sys.path.insert(0, folder)
    try:
        module = importlib.import_module("replay_server")
    finally:
        sys.path.remove(folder)
    module.ReplayServer.__enter__ = _serve_quickly
    return module


def _serve_quickly(server: Any) -> Any:
    """Begin to serve, and look for the end a hundred times a second: the server's own half second costs a minute."""
    threading.Thread(target=server.httpd.serve_forever, args=(0.01,), daemon=True).start()
    return server


def archive(count: int, seed: int = 5) -> list[dict[str, str]]:
    """Return so many invented posts, oldest first, a minute apart, each with a snowflake-shaped id."""
    chance = random.Random(seed)
    start = datetime(2026, 11, 18, tzinfo=UTC)
    posts = []
    for number in range(count):
        at = start + timedelta(minutes=number)
        words = chance.choice(COMPLAINTS if chance.random() < 0.5 else OTHERS)
        posts.append(
            {
                "id": str(((int(at.timestamp() * 1000) - EPOCH_MS) << 22) | number),
                "text": f"{chance.choice(OPENINGS)} {words} ({number})",
                "created_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "author": f"author{number % 151}",
            }
        )
    return posts
