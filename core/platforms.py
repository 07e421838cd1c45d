"""Platforms as people call them."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class ReplyLimit:
    """How long a reply may be on a platform, how it counts that, and the page that says so.

    `x`: by X's weights, an address as 23. `graphemes`: letters as people see them. `mastodon`: the same, an address as
    23 and of a mention the name without its server. `code_points`: each character of Unicode.
    """

    most: int
    counts: Literal["x", "graphemes", "mastodon", "code_points"]
    source: str


_NAMES: Final = {
    "x": "X",
    "reddit": "Reddit",
    "mastodon": "Mastodon",
    "bluesky": "Bluesky",
    "feeds": "a website",
    "articles": "an article",
    "hackernews": "Hacker News",
    "youtube": "YouTube",
    "files": "an imported file",
}

# Only what a platform states. A Mastodon server may allow more than the usual, and so does X to those who pay.
REPLY_LIMITS: Final = {
    "x": ReplyLimit(280, "x", "docs.x.com/fundamentals/counting-characters"),
    "mastodon": ReplyLimit(500, "mastodon", "docs.joinmastodon.org/user/posting"),
    "bluesky": ReplyLimit(300, "graphemes", "github.com/bluesky-social/atproto lexicons/app/bsky/feed/post.json"),
    "reddit": ReplyLimit(10_000, "code_points", "github.com/reddit-archive/reddit r2/r2/controllers/api.py"),
}

# Those whose collectors can read a stretch of time that lies behind them (`collectors.base.FillsGaps`): the board
# offers to fill a gap there. A test holds it to the collectors.
FILLABLE: Final = frozenset({"x", "mastodon", "bluesky", "hackernews"})

# Those that take money for each post that is read: filling a gap there is asked about first.
CHARGING: Final = frozenset({"x"})


def platform_words(platform: str) -> str:
    """Return the platform as it is called, or the name itself for one that an import brought."""
    return _NAMES.get(platform, platform)
