"""Reddit's API, through praw.

https://www.reddit.com/dev/api

Needs an approved application (since November 2025); 100 requests a minute; 100 items a page and about 1,000 a listing
(https://www.reddit.com/r/redditdev/wiki/api/faq). Reading is free. What is deleted there must be deleted here.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

import praw
import prawcore
import requests

from collectors.base import Collector, Credentials, NeedsNothing, SourceConfig
from collectors.reddit.feeds import RedditFeeds
from collectors.reddit.items import FULL_NAME, USER_AGENT, gone_among, to_posts
from collectors.reddit.lists import Listing, Wanted, listings
from collectors.reddit.places import Places
from collectors.reddit.walk import Walk
from collectors.web import Edge
from core.errors import AuthError, BadResponseError, CollectError
from core.types import LookedUp, Page

PAGE_SIZE: Final = 100  # the most that `limit` takes, and the most ids of one look-up
OVERLAP_PAGES: Final = 1  # pages of nothing but known items that are read before a walk ends
MAX_PAGES: Final = 10_000  # Reddit itself ends after about ten; a server that never ends must not hold us
APPLICATION: Final = ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET")
ACCOUNT: Final = ("REDDIT_USERNAME", "REDDIT_PASSWORD")


class Reddit(NeedsNothing):
    """Submissions and comments of one or more subreddits ("a+b"), what Reddit's search finds, mentions in the inbox.

    The cursor holds the newest item of each list. It moves when a walk has come down to where the last one began, so a
    broken walk starts again from the top: ten requests at most, and no anchor that may be deleted meanwhile. Items'
    numbers are Reddit's own count and grow; neither `before`, which answers nothing once its anchor is gone, nor the
    dates of items play a part.
    """

    optional_credentials: ClassVar[tuple[str, ...]] = (*APPLICATION, *ACCOUNT)
    options: ClassVar[frozenset[str]] = frozenset({"subreddit", "listings", "overlap_pages"})
    lookup_size: ClassVar[int] = PAGE_SIZE

    def __init__(self, config: SourceConfig, client: praw.Reddit, session: requests.Session) -> None:
        self.lists, self.wanted = listings(config), Wanted(config)
        self.overlap = config.whole_number("overlap_pages", OVERLAP_PAGES, low=1, high=10)
        self.client, self.session = client, session

    @classmethod
    def build(
        cls, config: SourceConfig, credentials: Credentials, timeout: tuple[float, float] | None = None
    ) -> Collector:
        """Return the collector with a praw client that neither waits nor tries again by itself.

        Without any key it is one that reads Reddit's public feeds. Raises `AuthError` where some keys are there and
        others, without which they are of no use, are not.
        """
        given = {name: value for name, secret in credentials.items() if (value := secret.get_secret_value())}
        if not uses_api(config, given):
            return RedditFeeds.build(config, credentials, timeout)
        session = requests.Session()
        session.mount("https://", UnpacedEdge("Reddit", " and ".join(APPLICATION), config.base_url, timeout))
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
        """Yield each list in turn, newest first."""
        places = Places.read(cursor)
        for listing in places.round(self.lists):
            yield from self._walk(listing, places)

    def lookup(self, ids: Sequence[str]) -> LookedUp:
        """Return what became of up to 100 submissions and comments (https://www.reddit.com/dev/api#GET_api_info).

        What Reddit no longer lists there is gone: a subreddit that was closed takes its posts along.
        """
        asked = [each for each in dict.fromkeys(ids) if FULL_NAME.fullmatch(each)]
        if len(asked) > self.lookup_size:
            raise ValueError(f"Reddit looks up {self.lookup_size} ids at once, not {len(asked)}")
        if not asked:
            return LookedUp()
        items, _ = self._ask("api/info", {"id": ",".join(asked)})
        posts, rejected = to_posts(items)
        gone = {name: why for name, why in gone_among(items).items() if name in asked}
        if not rejected:  # what cannot be read may be any of them: it is asked for again
            shown = {post.platform_id for post in posts} | set(gone)
            gone |= {name: "Reddit no longer shows it" for name in asked if name not in shown}
        return LookedUp(tuple(post for post in posts if post.platform_id in asked), gone)

    def close(self) -> None:
        """Close the connections of the client."""
        self.session.close()

    def _walk(self, listing: Listing, places: Places) -> Iterator[Page]:
        """Yield one list down to what is known; its place moves with the last page."""
        walk, after = Walk(listing, places.of(listing.key)), ""
        for _ in range(MAX_PAGES):
            items, following = self._page(walk, after)
            walk.pass_by(items)
            ends = walk.familiar >= self.overlap or not following
            if ends:
                places.finish(listing, listing.key, walk.reached)
            posts, rejected = to_posts(items)
            yield Page(
                self.wanted.among(posts, listing),
                places.cursor,
                rejected,
                walk.gap() if ends else None,
                tuple(gone_among(items)),
            )
            if ends:
                return
            if following == after:
                break
            after = following
        raise BadResponseError("Reddit keeps sending pages without an end.")

    def _page(self, walk: Walk, after: str) -> tuple[list[Any], str]:
        """Return the items below `after`, and what the next ones are below of.

        Reddit answers nothing at all below an item that it dropped from the list a moment ago. As an end looks the
        same, the page is asked for below some others of the last page as well.
        """
        for anchor in (after, *(walk.anchors if after and not walk.is_home else ())):
            below = {"after": anchor} if anchor else {}
            items, following = self._ask(walk.listing.path, {**walk.listing.asked, **below, "limit": str(PAGE_SIZE)})
            if items or following:
                return items, following
        walk.broke_off = bool(after)
        return [], ""

    def _ask(self, path: str, params: Mapping[str, str]) -> tuple[list[Any], str]:
        try:
            answer = self.client.request(method="GET", path=path, params=dict(params))
        except prawcore.RequestException as error:
            if isinstance(error.original_exception, CollectError):
                raise error.original_exception from error
            raise BadResponseError("Reddit's answer could not be read.") from error
        except prawcore.OAuthException as error:
            raise AuthError(
                f"Reddit refused the credentials ({error.error}). Check REDDIT_USERNAME and the application's keys."
            ) from error
        except (prawcore.PrawcoreException, ValueError, KeyError, AttributeError, RecursionError) as error:
            raise BadResponseError("Reddit sent something else than JSON.") from error
        try:
            return list(answer["data"]["children"]), str(answer["data"]["after"] or "")
        except (KeyError, TypeError) as error:
            raise BadResponseError("Reddit sent something else than a listing.") from error


class UnpacedEdge(Edge):
    """An edge that hides how many requests are left: praw would sleep, up to ten minutes, inside a call.

    It would also fail where that header stands without the two beside it, or one of them is no number.
    """

    def __init__(self, service: str, keys: str, base_url: str, timeout: tuple[float, float] | None) -> None:
        super().__init__(service, keys, base_url=base_url, timeout=timeout)

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Return the answer without the header that praw's pacing starts from."""
        response = super().send(*args, **kwargs)
        response.headers.pop("x-ratelimit-remaining", None)
        return response


def uses_api(config: SourceConfig, given: Collection[str]) -> bool:
    """Return whether there are keys for the API; raises `AuthError` that names those that the others need beside them.

    No key at all is no error, unless mentions are to be read.
    """
    mentions = any(listing.name == "mentions" for listing in listings(config))
    account = mentions or any(name in given for name in ACCOUNT)
    needed = (*APPLICATION, *(ACCOUNT if account else ()))
    missing = [name for name in needed if name not in given]
    if not missing:
        return True
    if not account and not any(name in given for name in APPLICATION):
        return False
    set_ones = [name for name in (*APPLICATION, *ACCOUNT) if name in given]
    why = (
        f"{' and '.join(set_ones)} alone will not do" if set_ones else "mentions are read with keys and an account only"
    )
    raise AuthError(
        f'Source "{config.name}" is off: {" and ".join(missing)} not set; {why}. Set it in the environment, or put it '
        f"in a file and name that file in {missing[0]}_FILE; docs/collectors.md tells where to get it."
    )
