"""Answers as X writes them, all invented, and what of a cursor tests look at."""

import json
from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from collectors.base import write_cursor
from collectors.x import Reading, Walk

MINE = {
    "X_CONSUMER_KEY": SecretStr("a"),
    "X_CONSUMER_SECRET": SecretStr("b"),
    "X_ACCESS_TOKEN": SecretStr("7-c"),  # of the account with the number 7
    "X_ACCESS_SECRET": SecretStr("d"),
}


def raw_post(post_id: int, text: str = "", **more: Any) -> dict[str, Any]:
    """A post in X's older dialect."""
    return {"id": str(post_id), "text": text or f"late {post_id}", "author_id": "5", **more}


def found(*ids: int, more: str = "") -> dict[str, Any]:
    """A page of posts; `more` is the token of the next one."""
    return page_of(*(raw_post(each) for each in ids), more=more)


def page_of(*posts: dict[str, Any], more: str = "") -> dict[str, Any]:
    """A page of these posts."""
    meta = {"result_count": len(posts)} | ({"next_token": more} if more else {})
    return {"data": list(posts), "meta": meta} if posts else {"meta": meta}


def old_cursor(**walk: int) -> str:
    """A cursor as it was written before a source had more than one list."""
    return write_cursor(**{name: str(value) for name, value in walk.items()})


def walks_of(cursor: str) -> dict[str, Walk]:
    """The walks of a cursor, without what was paid and when."""
    reading = Reading.of(cursor, list(json.loads(cursor)["walks"]))
    return {key: replace(walk, paid_from=0, read=0, seen=0) for key, walk in reading.walks.items()}


def walk_of(cursor: str) -> Walk:
    """The only walk of a cursor, without what was paid."""
    (walk,) = walks_of(cursor).values()
    return walk
