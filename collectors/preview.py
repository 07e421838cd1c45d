"""What a query becomes on each platform, and what a platform says it would bring: for whoever writes one.

Platforms that are not named here are read whole, and what a source's query does not match is left out afterwards.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from typing import Final

from collectors import make, needed_credentials, optional_credentials
from collectors.base import Credentials, Estimates, SourceConfig
from collectors.queries import (
    REDDIT_LIMIT,
    X_LIMIT,
    for_bluesky,
    for_hackernews,
    for_mastodon,
    for_reddit,
    for_x,
    for_youtube,
)
from core.errors import ConfigError
from core.queries import Query
from core.types import Compiled, Estimate

_WAYS: Final[Mapping[str, Callable[[Query], list[str]]]] = {
    "reddit": for_reddit,
    "bluesky": for_bluesky,
    "mastodon": for_mastodon,
    "hackernews": for_hackernews,
    "youtube": for_youtube,
}
_LIMITS: Final = {"x": X_LIMIT, "reddit": REDDIT_LIMIT}
CredentialsOf = Callable[[str, Iterable[str]], Credentials]


def compiled(query: Query, own_handles: tuple[str, ...] = (), *, mentions_apart: bool = False) -> list[Compiled]:
    """Return the query in the language of every platform that searches, X first.

    With `mentions_apart` X's searches leave to a timeline what mentions the brand, and may be none at all.
    """
    ways = {"x": lambda wanted: for_x(wanted, own_handles, mentions_apart=mentions_apart), **_WAYS}
    return [_compiled(platform, way, query) for platform, way in ways.items()]


def reads_mentions_apart(config: SourceConfig, credentials_of: CredentialsOf) -> bool:
    """Return whether a source of X reads what mentions the brand's accounts from their timelines.

    That is for its option to say, or else for whose keys are there. A source that cannot be made reads nothing.
    """
    names = optional_credentials("x")
    given = credentials_of(config.name, names)
    in_own_name = all(name in given and given[name].get_secret_value() for name in names)
    from collectors.x.parts import Switches  # its package loads tweepy

    try:
        return Switches.of(config, in_own_name=in_own_name).mentions
    except ConfigError:
        return False


def estimate(config: SourceConfig, credentials_of: CredentialsOf) -> Estimate:
    """Ask the platform what the source would bring and cost in 30 days.

    Raises `ConfigError` where the platform does not count, and what `Collector.fetch` raises.
    """
    names = (*needed_credentials(config.platform), *optional_credentials(config.platform))
    with closing(make(config, credentials_of(config.name, names))) as collector:
        if not isinstance(collector, Estimates):
            raise ConfigError(f"{config.platform} does not say how many posts a query would bring; X does.")
        return collector.estimate()


def _compiled(platform: str, way: Callable[[Query], list[str]], query: Query) -> Compiled:
    limit = _LIMITS.get(platform)
    try:
        return Compiled(platform, tuple(way(query)), limit)
    except ConfigError as error:
        return Compiled(platform, limit=limit, error=str(error))
