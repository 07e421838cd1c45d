"""The lists that a source of X reads: searches, the mentions of own accounts, and what these accounts post."""

import re
from dataclasses import dataclass, replace
from typing import Final

from collectors.base import SourceConfig, fingerprint
from collectors.queries import for_x
from core.errors import ConfigError
from core.queries import Query

MAX_QUERY_LENGTH: Final = 512  # https://docs.x.com/x-api/posts/search/integrate/build-a-query
# https://docs.x.com/x-api/getting-started/pricing, in millionths of a US dollar
POST_PRICE: Final = 5_000
OWNED_PRICE: Final = 1_000  # "owned reads": mentions and posts of an account, asked in its name by an app it owns
USER_PRICE: Final = 10_000
# How many posts X lists of each: https://docs.x.com/x-api/posts/timelines/introduction
TIMELINES: Final = {"mentions": 800, "tweets": 3_200}


HANDLE: Final = re.compile(r"[A-Za-z0-9_]{1,15}")


@dataclass(frozen=True, slots=True)
class Part:
    """One list: a search by `query`, or a `timeline` of the account `handle` (whose number is `user_id` where known).

    `key` names it in the cursor: another query is another list. `is_asked_for` where the source itself says that the
    timeline be read: then an account that X does not know is a mistake of somebody.
    """

    key: str
    query: str = ""
    timeline: str = ""
    handle: str = ""
    user_id: str = ""
    is_asked_for: bool = True

    @property
    def nearly_all(self) -> int:
        """After how many posts X's list is probably at its end: it counts posts that were deleted as well."""
        return TIMELINES[self.timeline] * 7 // 8


@dataclass(frozen=True, slots=True)
class Switches:
    """Which timelines of the own accounts a source reads: what mentions them, and what they post."""

    mentions: bool
    own_posts: bool

    @classmethod
    def of(cls, config: SourceConfig, *, in_own_name: bool) -> "Switches":
        """Return the switches; both are on by default where X charges the lower price, as it is asked in an own name.

        What is read apart does not stream: a source that streams leaves mentions to its query by default. Raises
        `ConfigError` where a switch is neither on nor off.
        """
        by_default = in_own_name and bool(own_handles(config))
        return cls(
            mentions=config.switch("mentions", default=by_default and not config.switch("stream", default=False)),
            own_posts=config.switch("own_posts", default=by_default),
        )


def parts_of(config: SourceConfig, switches: Switches | None = None) -> tuple[Part, ...]:
    """Return the lists of the source, the cheaper ones first: a post that both have is charged once a day.

    Without `switches` they are those of the bearer token alone. Raises `ConfigError` where X would refuse the query, or
    there is nothing to read.
    """
    switches = switches or Switches.of(config, in_own_name=False)
    mentions = _timelines(config, "mentions", "@") if switches.mentions else ()
    own = _timelines(config, "tweets", "from:") if switches.own_posts else ()
    searches = tuple(Part(key_of(query), query) for query in queries_of(config, mentions_apart=switches.mentions))
    if not mentions and not searches:
        raise ConfigError(f'Source "{config.name}" needs a query.')
    return mentions + own + searches


def _timelines(config: SourceConfig, timeline: str, before: str) -> tuple[Part, ...]:
    own = own_handles(config)
    numbers = [each.strip() for each in config.options.get("user_id", "").split(",") if each.strip()]
    if not own:
        raise ConfigError(
            f'Source "{config.name}": mentions and own_posts need the handles of the brand\'s own accounts.'
        )
    if numbers and (len(numbers) != len(own) or not all(each.isascii() and each.isdigit() for each in numbers)):
        raise ConfigError(
            f'Source "{config.name}": user_id must be the numbers of the accounts {", ".join(own)}, in this order, '
            f'with commas, not "{config.options["user_id"]}".'
        )
    is_asked_for = ("mentions" if timeline == "mentions" else "own_posts") in config.options
    return tuple(
        Part(before + handle.lower(), "", timeline, handle, number, is_asked_for)
        for handle, number in zip(own, numbers or [""] * len(own), strict=True)
    )


def queries_of(config: SourceConfig, *, mentions_apart: bool = False) -> list[str]:
    """Return the searches that find what the source looks for; none where it looks for nothing by name."""
    if config.native_query.strip():
        return [native_query(config)]
    try:
        return for_x(config.wanted, own_handles(config), MAX_QUERY_LENGTH, mentions_apart=mentions_apart)
    except ConfigError as error:
        raise ConfigError(f'Source "{config.name}": {error}') from error


def mentions_query(config: SourceConfig) -> str:
    """Return the search that finds what the mentions of the own accounts list, to count it."""
    own = own_handles(config)
    named = [f"@{handle}" for handle in own]
    return " ".join([_any(named), *(f"-from:{handle}" for handle in own), "-is:retweet"])


def native_query(config: SourceConfig) -> str:
    """Return the query in X's own language, without retweets and own posts unless it speaks of them itself.

    Raises `ConfigError` where X would refuse its length.
    """
    query = " ".join(config.native_query.split())
    more = [f"-from:{each}" for each in own_handles(config) if not _speaks_of(query, f"from:{each}")]
    more += [] if _speaks_of(query, "is:retweet") else ["-is:retweet"]
    query = " ".join([f"({query})" if more and re.search(r"\sOR\s", query) else query, *more])
    if len(query) > MAX_QUERY_LENGTH:
        raise ConfigError(
            f'Source "{config.name}": the query has {len(query)} characters with "{" ".join(more)}", X takes '
            f"{MAX_QUERY_LENGTH}. Split it into several sources."
        )
    return query


def unwanted(config: SourceConfig) -> Query:
    """Return what no mention may be: the query's exclusions and languages, without its names."""
    wanted = Query() if config.native_query.strip() else config.wanted
    return replace(wanted, names=(), misspelt=(), contexts=())


def own_handles(config: SourceConfig) -> tuple[str, ...]:
    """Return those of the brand's accounts that can be of X, without @; a brand has accounts elsewhere too."""
    handles = (handle.strip().lstrip("@") for handle in config.own_handles)
    return tuple(dict.fromkeys(handle for handle in handles if HANDLE.fullmatch(handle)))


def key_of(query: str) -> str:
    """Return the name of a search in the cursor."""
    return fingerprint(query)[7:19]


def _speaks_of(query: str, operator: str) -> bool:
    return re.search(rf"(?<![\w]){re.escape(operator)}(?!\w)", query, re.IGNORECASE) is not None


def _any(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"({' OR '.join(words)})"
