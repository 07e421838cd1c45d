"""Which lists of Reddit a source reads, and what of them it keeps."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from collectors.authors import reddit_name
from collectors.base import SourceConfig, fingerprint
from collectors.queries import for_reddit
from core.errors import ConfigError
from core.queries import match
from core.types import Post

LISTS: Final = {
    "new": "new submissions",
    "comments": "new comments",
    "search": "search results",
    "mentions": "mentions",
}
SUBREDDIT: Final = re.compile(r"[A-Za-z0-9_]{1,30}")  # also u_name, the page of a person


@dataclass(frozen=True, slots=True)
class Listing:
    """One list that is read: its name as the option says it, its path below Reddit, and what is asked of it.

    With `only_own` nothing of it is kept but what the brand's own accounts wrote.
    """

    name: str
    path: str
    asked: Mapping[str, str] = field(default_factory=dict)
    only_own: bool = False

    @property
    def key(self) -> str:
        """The name of the list's place in the cursor; another subreddit or query is another list."""
        return f"{self.name}:{fingerprint(self.path, json.dumps(dict(self.asked), sort_keys=True))[7:15]}"

    @property
    def words(self) -> str:
        """What the list holds, for a person."""
        return LISTS[self.name]

    @property
    def is_everything(self) -> bool:
        """Whether what people write anywhere in the subreddit is listed, whatever is looked for."""
        return self.name in ("new", "comments")


def listings(config: SourceConfig) -> tuple[Listing, ...]:
    """Return what is to be read; raises `ConfigError` where that is nothing or cannot be read."""
    subreddit = subreddits(config)
    searches = [config.native_query.strip()] if config.native_query.strip() else for_reddit(config.wanted)
    given = config.options.get("listings")
    names = [name.strip() for name in (given or _by_default(bool(subreddit), bool(searches))).split(",")]
    # Reddit's own language is Reddit's alone: what of the comments it would find is not known.
    only_own = not given and bool(searches) and not config.query.strip()
    if not given and not subreddit and not searches:
        raise ConfigError(f'Source "{config.name}" needs a query, or the option subreddit.')
    found: list[Listing] = []
    for name in dict.fromkeys(names):
        if name == "mentions":
            found.append(Listing(name, "message/mentions"))
        elif name == "search" and searches:
            asked = {"sort": "new", "type": "link"} | ({"restrict_sr": "on"} if subreddit else {})
            found += [Listing(name, f"{subreddit}search", {**asked, "q": search}) for search in searches]
        elif name in ("new", "comments") and subreddit:
            found.append(Listing(name, subreddit + name, only_own=only_own))
        else:
            raise ConfigError(
                f'Source "{config.name}": listings may hold new and comments (with subreddit), search (with a '
                f'query) and mentions, not "{name}".'
            )
    return tuple(found)


def _by_default(has_place: bool, searches: bool) -> str:
    """Return the lists that are read where none is named: search finds submissions only, and answers are comments."""
    if not searches:
        return "new,comments"
    return "search,comments" if has_place else "search"


def subreddits(config: SourceConfig) -> str:
    """Return the path of the option subreddit ("r/a+b/"), "" without one; raises `ConfigError` for what is no name."""
    given = config.options.get("subreddit", "").strip()
    if not given:
        return ""
    names = [each.strip().strip("/").removeprefix("r/") for each in given.split("+")]
    for name in names:
        if not SUBREDDIT.fullmatch(name):
            raise ConfigError(f'Source "{config.name}": "{name}" is no subreddit; write "one" or "one+another".')
    return f"r/{'+'.join(names)}/"


class Wanted:
    """Tells which posts of a list are kept, as the lists of subreddits hold everything that is written there."""

    def __init__(self, config: SourceConfig) -> None:
        self._query = config.wanted if config.query.strip() else None
        self._own = set(map(reddit_name, config.own_handles)) - {""}

    def among(self, posts: Iterable[Post], listing: Listing) -> tuple[Post, ...]:
        """Return the posts that the query finds, and the brand's own, which answer somebody."""
        if listing.only_own:
            return tuple(post for post in posts if post.author.lower() in self._own)
        if self._query is None or not listing.is_everything:
            return tuple(posts)
        return tuple(
            post
            for post in posts
            if post.author.lower() in self._own or match(self._query, words_of(post), post.author).is_match
        )


def words_of(post: Post) -> str:
    """Return all words of a post, as a query looks at them."""
    return f"{post.title}\n{post.text}"
