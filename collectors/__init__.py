"""Reading posts from platforms: `make` builds the collector of a source; `collectors.base` says what one does."""

import difflib
import importlib
from typing import Final

from collectors.base import Collector, CollectorClass, Credentials, Secret, SourceConfig
from core.errors import AuthError, ConfigError

# Imported on first use, so that a source of files loads neither tweepy nor praw.
PLATFORMS: Final[dict[str, str]] = {
    "articles": "collectors.articles:Articles",
    "bluesky": "collectors.bluesky:Bluesky",
    "feeds": "collectors.feeds:Feeds",
    "files": "collectors.files:Files",
    "hackernews": "collectors.hackernews:HackerNews",
    "mastodon": "collectors.mastodon:Mastodon",
    "reddit": "collectors.reddit:Reddit",
    "x": "collectors.x:X",
    "youtube": "collectors.youtube:YouTube",
}

__all__ = [
    "PLATFORMS",
    "Collector",
    "Credentials",
    "Secret",
    "SourceConfig",
    "check",
    "class_of",
    "make",
    "needed_credentials",
    "optional_credentials",
]


def make(config: SourceConfig, credentials: Credentials) -> Collector:
    """Return the collector of `config`, with its client built but nothing asked yet.

    Raises `ConfigError` where the platform, an option or the query is wrong, and `AuthError` where a credential that
    the platform needs is not among `credentials`: such a source is off until somebody sets it.
    """
    kind = _checked_class(config)
    missing = [name for name in kind.credentials if name not in credentials or not _value(credentials[name])]
    if missing:
        raise AuthError(
            f'Source "{config.name}" is off: {" and ".join(missing)} not set. Set it in the environment, or put it '
            f"in a file and name that file in {missing[0]}_FILE; docs/collectors.md tells where to get it."
        )
    return kind.build(config, credentials)


def check(config: SourceConfig) -> None:
    """Raise `ConfigError` where the source could not be read whatever its keys; asks nobody anything."""
    kind = _checked_class(config)
    names = (*kind.credentials, *kind.optional_credentials)
    kind.build(config, dict.fromkeys(names, _AnyKey())).close()


class _AnyKey:
    """Stands for a key that is there."""

    def get_secret_value(self) -> str:
        return "any"


def _checked_class(config: SourceConfig) -> CollectorClass:
    kind = class_of(config.platform)
    for option in config.options:
        if option not in kind.options:
            near = _nearest(option, kind.options) or "."
            raise ConfigError(f'Source "{config.name}": {config.platform} has no option "{option}"{near}')
    return kind


def needed_credentials(platform: str) -> tuple[str, ...]:
    """Return the names of the credentials without which `platform` cannot be read."""
    return class_of(platform).credentials


def optional_credentials(platform: str) -> tuple[str, ...]:
    """Return the names of the credentials that `platform` uses where they are there."""
    return class_of(platform).optional_credentials


def class_of(platform: str) -> CollectorClass:
    """Return the platform's class of collectors; raises `ConfigError` that names the nearest known platform."""
    if platform not in PLATFORMS:
        raise ConfigError(f'There is no platform "{platform}"{_nearest(platform, PLATFORMS)}')
    module, _, name = PLATFORMS[platform].partition(":")
    found: CollectorClass = getattr(importlib.import_module(module), name)
    return found


def _nearest(word: str, known: "dict[str, str] | frozenset[str]") -> str:
    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f" (known: {', '.join(sorted(known))})." if known else ""


def _value(secret: Secret) -> str:
    return secret.get_secret_value()
