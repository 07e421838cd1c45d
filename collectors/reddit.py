"""Reddit: new submissions and comments of subreddits, and search.

https://www.reddit.com/dev/api

Needs an approved application (since November 2025); 100 requests a minute; 100 items a page and about 1,000 a listing.
Reading is free. What is deleted there must be deleted here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

import praw
import prawcore
import requests

from collectors.base import Credentials, NeedsNothing, SourceConfig, plain, read_cursor, write_cursor
from collectors.dates import moment_at
from collectors.web import Edge
from core.errors import AuthError, BadResponseError, CollectError, ConfigError
from core.types import Page, Post, PostKind, Rejection

PAGE_SIZE: Final = 100  # the most that `limit` takes
OVERLAP_PAGES: Final = 1  # pages of nothing but known items that are read before a walk ends
MAX_PAGES: Final = 10_000  # Reddit itself ends after about ten; a server that never ends must not hold us
LISTINGS: Final = ("new", "comments", "search")
GONE: Final = ("[deleted]", "[removed]", "[ Removed by Reddit ]")
USER_AGENT: Final = "server:afterclick:v1 (finds public complaints for the brand concerned)"


class Reddit(NeedsNothing):
    """Submissions and comments of one or more subreddits ("a+b"), or what Reddit's search finds for a query.

    The cursor holds the highest item id of each listing. It moves when a walk has come down to where the last one
    began, so a broken walk starts again from the top: ten requests at most, and no anchor that may be deleted
    meanwhile. Ids are Reddit's own count and grow; neither `before`, which answers nothing once its anchor is gone, nor
    the dates of items play a part.
    """

    credentials: ClassVar[tuple[str, ...]] = ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET")
    optional_credentials: ClassVar[tuple[str, ...]] = ("REDDIT_USERNAME", "REDDIT_PASSWORD")
    options: ClassVar[frozenset[str]] = frozenset({"subreddit", "listings", "overlap_pages"})

    def __init__(self, config: SourceConfig, client: praw.Reddit, session: requests.Session) -> None:
        self.listings = listings(config)
        self.overlap = config.whole_number("overlap_pages", OVERLAP_PAGES, low=1, high=10)
        self.client, self.session = client, session

    @classmethod
    def build(
        cls, config: SourceConfig, credentials: Credentials, timeout: tuple[float, float] | None = None
    ) -> "Reddit":
        """Return the collector with a praw client that neither waits nor tries again by itself."""
        given = {name: secret.get_secret_value() or None for name, secret in credentials.items()}
        keys = "REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET"
        session = requests.Session()
        session.mount("https://", UnpacedEdge("Reddit", keys, base_url=config.base_url, timeout=timeout))
        client = praw.Reddit(
            "DEFAULT",
            client_id=given["REDDIT_CLIENT_ID"],
            client_secret=given["REDDIT_CLIENT_SECRET"],
            username=given.get("REDDIT_USERNAME"),
            password=given.get("REDDIT_PASSWORD"),
            refresh_token=None,
            redirect_uri=None,
            user_agent=USER_AGENT,
            check_for_updates=False,
            check_for_async=False,
            requestor_kwargs={"session": session},
        )
        return cls(config, client, session)

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield each listing in turn, newest first."""
        try:
            seen = {name: int(value) for name, value in read_cursor(cursor).items()}
        except (TypeError, ValueError) as error:
            raise ConfigError("The stored cursor is none of Reddit; clear it to read the source anew.") from error
        for name, (path, asked) in self.listings.items():
            yield from self._walk(name, path, asked, seen)

    def close(self) -> None:
        """Close the connections of the client."""
        self.session.close()

    def _walk(self, name: str, path: str, asked: Mapping[str, str], seen: dict[str, int]) -> Iterator[Page]:
        """Yield one listing down to what is known; `seen` moves on with the last page."""
        known, newest, after, familiar, reached = seen.get(name, 0), 0, "", 0, False
        for _ in range(MAX_PAGES):
            items, following = self._page(path, asked, after)
            ids = [item_id(raw) for raw in items]
            newest = max(newest, *ids, 0)
            reached = reached or any(0 < each <= known for each in ids)
            familiar = familiar + 1 if ids and max(ids) <= known else 0
            ends = familiar >= self.overlap or not following
            lost = ""
            if ends:
                seen[name] = max(known, newest)
                if known and newest and not reached:
                    lost = f"Reddit ended its list of {name} before the point reached last time; some are missing."
            posts, rejected = to_posts(items)
            yield Page(posts, write_cursor(**seen), rejected, lost)
            if ends:
                return
            if following == after:
                break
            after = following
        raise BadResponseError("Reddit keeps sending pages without an end.")

    def _page(self, path: str, asked: Mapping[str, str], after: str) -> tuple[list[Any], str]:
        params: dict[str, str | int] = {**asked, "limit": PAGE_SIZE}
        if after:
            params["after"] = after
        try:
            answer = self.client.request(method="GET", path=path, params=params)
        except prawcore.RequestException as error:
            if isinstance(error.original_exception, CollectError):
                raise error.original_exception from error
            raise BadResponseError("Reddit's answer could not be read.") from error
        except prawcore.OAuthException as error:
            raise AuthError(
                f"Reddit refused the credentials ({error.error}). Check REDDIT_USERNAME and the application's keys."
            ) from error
        except (prawcore.PrawcoreException, ValueError, KeyError, AttributeError) as error:
            raise BadResponseError("Reddit sent something else than JSON.") from error
        try:
            return list(answer["data"]["children"]), str(answer["data"]["after"] or "")
        except (KeyError, TypeError) as error:
            raise BadResponseError("Reddit sent something else than a listing.") from error


class UnpacedEdge(Edge):
    """An edge that hides how many requests are left: praw would sleep, up to ten minutes, inside a call."""

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Return the answer without the header that praw's pacing starts from."""
        response = super().send(*args, **kwargs)
        response.headers.pop("x-ratelimit-remaining", None)
        return response


def listings(config: SourceConfig) -> dict[str, tuple[str, dict[str, str]]]:
    """Return what is to be read, name -> path and parameters; raises `ConfigError` where that is nothing."""
    subreddit = config.options.get("subreddit", "").strip().removeprefix("/").removeprefix("r/").strip("/")
    query = config.query.strip()
    if not subreddit and not query:
        raise ConfigError(f'Source "{config.name}" needs a query, or the option subreddit.')
    wanted = config.options.get("listings") or ("search" if query else "new,comments")
    names = [name.strip() for name in wanted.split(",")]
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for name in names:
        if name not in LISTINGS or (name == "search" and not query) or (name != "search" and not subreddit):
            raise ConfigError(
                f'Source "{config.name}": listings may hold new and comments (with subreddit) and search (with a '
                f'query), not "{name}".'
            )
        inside = {"restrict_sr": "on"} if subreddit else {}
        asked = {"q": query, "sort": "new", "type": "link", **inside} if name == "search" else {}
        found[name] = (f"r/{subreddit}/{name}" if subreddit else name, asked)
    return found


def item_id(raw: Any) -> int:
    """Return an item's id as the number it is; 0 for something without one."""
    try:
        return int(raw["data"]["id"], 36)
    except (KeyError, TypeError, ValueError):
        return 0


def to_posts(items: list[Any]) -> tuple[tuple[Post, ...], tuple[Rejection, ...]]:
    """Return the posts among `items`, and what is none; what its author or a moderator took away is in neither."""
    posts, rejected = [], []
    for row, raw in enumerate(items, start=1):
        try:
            post = to_post(raw)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            rejected.append(Rejection(row, f"not an item of Reddit: {type(error).__name__} {error}", plain(raw)[:500]))
        else:
            posts += [post] if post else []
    return tuple(posts), tuple(rejected)


def to_post(raw: Mapping[str, Any]) -> Post | None:
    """Return Reddit's item as ours, None where its words were deleted or removed."""
    item, is_comment = raw["data"], raw["kind"] == "t1"
    text = plain(item["body"] if is_comment else item["selftext"])
    title = "" if is_comment else plain(item["title"])
    if text in GONE or title in GONE or item.get("removed_by_category"):
        return None
    author = plain(item.get("author"))
    name = plain(item["name"])
    permalink = plain(item.get("permalink"))
    return Post(
        platform="reddit",
        platform_id=name,
        text=text or title,
        title=title if text else "",
        author="" if author in GONE else author,
        posted_at=moment_at(item["created_utc"]),
        url=f"https://www.reddit.com{permalink}" if permalink.startswith("/") else "",
        parent_id=plain(item.get("parent_id")),
        conversation_id=plain(item.get("link_id")) or name,
        kind=PostKind.COMMENT if is_comment else PostKind.POST,
    )
