"""Platforms as people call them."""

from typing import Final

_NAMES: Final = {
    "x": "X",
    "reddit": "Reddit",
    "mastodon": "Mastodon",
    "bluesky": "Bluesky",
    "feeds": "a website",
    "hackernews": "Hacker News",
    "youtube": "YouTube",
    "files": "an imported file",
}


def platform_words(platform: str) -> str:
    """Return the platform as it is called, or the name itself for one that an import brought."""
    return _NAMES.get(platform, platform)
