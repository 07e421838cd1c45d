"""Invented posts for the replay server, and what came of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from collectors.x import EPOCH_MS
from core.types import Page, Post

SECRETS = {
    name: SecretStr("not-a-real-" + name.lower())
    for name in (
        *("X_BEARER_TOKEN", "REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET"),
        *("MASTODON_ACCESS_TOKEN", "BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD", "YOUTUBE_API_KEY"),
    )
}
START = datetime(2026, 11, 20, tzinfo=UTC)
EVERY = timedelta(seconds=6)


def snowflake(when: datetime, low: int = 0) -> int:
    """An id as X makes them."""
    return (int(when.timestamp() * 1000) - EPOCH_MS) << 22 | low


def posts_archive(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Posts for the replay server, oldest first."""
    return [archived(number, START + EVERY * number) for number in range(first, first + count)]


def archived(number: int, when: datetime) -> dict[str, Any]:
    return {
        "id": str(snowflake(when, number)),
        "text": f"where is my parcel number {number}",
        "created_at": when.isoformat().replace("+00:00", "Z"),
        "author": f"author{number % 7}",
        "url": "",
    }


def all_posts(pages: list[Page]) -> list[Post]:
    return [post for page in pages for post in page.posts]


def numbers(pages: list[Page]) -> set[int]:
    """Which of `posts_archive` came."""
    return {int(post.text.rsplit(" ", 1)[1]) for post in all_posts(pages)}
