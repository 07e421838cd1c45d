"""What Bluesky lists: the pages of a search, and what an account posted."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from collectors.base import plain
from collectors.bluesky.posts import mark, moment, to_post
from collectors.bluesky.service import Service
from collectors.bluesky.walk import Walk
from core.errors import BadResponseError, NotPermittedError
from core.types import Post, Rejection

PAGE_SIZE: Final = 100  # the most that `limit` takes
MALFORMED: Final = (AttributeError, KeyError, IndexError, OverflowError, TypeError, ValueError)


class Lists:
    """The lists of one service; `reach` is how far the first walk over one goes back."""

    def __init__(self, service: Service, reach: timedelta) -> None:
        self._service, self.reach = service, reach

    def pages(
        self, search: str, walk: Walk, overlap: timedelta
    ) -> Iterator[tuple[list[Mapping[str, Any]], Walk, bool]]:
        """Yield posts, newest first, the walk behind them, and whether it has come down.

        Moments lead from page to page, not Bluesky's cursors: these count posts, so that one that vanishes would take
        another with it, and end after 10,000. A cursor leads on only where a whole page lies above one moment.
        """
        token, passed = "", set[str]()
        while True:
            bottom = walk.bottom(overlap, self.reach)
            views, following = self._found(search, bottom, walk.until, token)
            readable = [view for view in views if has_dates(view)]
            if views and not readable:
                raise BadResponseError("Bluesky sent posts without dates.")
            lower = walk.after(readable)
            leads_on = lower.until != walk.until
            is_below = bool(bottom) and bool(readable) and max(mark(view) for view in readable) < moment(bottom)
            is_end = is_below or not following
            if following in passed and not leads_on:
                raise BadResponseError("Bluesky keeps sending the same page.")
            yield views, lower, is_end
            if is_end:
                return
            walk, token = lower, "" if leads_on else following
            passed = set() if leads_on else passed | {token}

    def feed(self, account: str, token: str) -> tuple[list[Any], str]:
        """Return posts of the account, with what it reposted among them; [] where there is no such account."""
        try:
            answer = self._service.ask(
                "app.bsky.feed.getAuthorFeed",
                actor=account,
                filter="posts_with_replies",
                cursor=token,
                limit=PAGE_SIZE,
            )
        except NotPermittedError as error:
            if "(400)" not in str(error):  # "Profile not found": a handle that is of another platform
                raise
            return [], ""
        feed = answer.get("feed")
        if not isinstance(feed, list):
            raise BadResponseError("Bluesky sent an answer without posts.")
        return [each.get("post") for each in feed if isinstance(each, dict)], plain(answer.get("cursor"))

    def _found(self, search: str, since: str, until: str, token: str) -> tuple[list[Mapping[str, Any]], str]:
        answer = self._service.ask(
            "app.bsky.feed.searchPosts",
            q=search,
            sort="latest",
            since=since,
            until=until,
            cursor=token,
            limit=PAGE_SIZE,
        )
        views = answer.get("posts")
        if not isinstance(views, list):
            raise BadResponseError("Bluesky sent an answer without posts.")
        return views, plain(answer.get("cursor"))


def read(views: Sequence[Any]) -> tuple[tuple[Post, ...], tuple[Rejection, ...]]:
    """Return the posts of an answer, and what in it is none."""
    posts, rejected = [], []
    for row, view in enumerate(views, start=1):
        try:
            posts.append(to_post(view))
        except MALFORMED as error:
            reason = f"not a post of Bluesky: {type(error).__name__} {error}"
            rejected.append(Rejection(row, reason, plain(view)[:500]))
    return tuple(posts), tuple(rejected)


def author_of(view: Any) -> str:
    """Return the handle of a post's author, "" where it has none."""
    try:
        return plain(view["author"]["handle"])
    except (KeyError, TypeError):
        return ""


def has_dates(view: Any) -> bool:
    """Return whether a post says when it was written and came."""
    try:
        return bool(mark(view))
    except MALFORMED:
        return False
