"""Threads of comments: how they are asked for, with all their replies, and which of them are wanted."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from collectors.youtube.api import Api, Quota, ReasonedError
from collectors.youtube.comments import published_at, to_posts
from collectors.youtube.state import State, Walk
from core.queries import Query, match
from core.types import Gap, Page, Post, Rejection

logger = logging.getLogger(__name__)

PAGE_SIZE: Final = 100  # the most that maxResults takes
MAX_REPLY_PAGES: Final = 20  # of one thread
MAX_ASKED: Final = 20  # questions for replies until a page is handed over: the caller's claim on the source ends
LONG: Final = f"Threads with more than {MAX_REPLY_PAGES * PAGE_SIZE:,} replies were not read to their end."


@dataclass
class Threads:
    """The threads of one run over the source `name`; kept is what `query` finds, and the answers of the `own` to it."""

    api: Api
    quota: Quota
    name: str
    query: Query
    own: Collection[str]

    def page(self, walk: Walk, which: Mapping[str, str]) -> dict[str, Any]:
        """Return one answer with threads of a list, newest first, where the walk over it goes on."""
        asked = {"part": "snippet,replies", "order": "time", "textFormat": "plainText", **which}
        try:
            token = {"pageToken": walk.token} if walk.token else {}
            return self.api.ask("commentThreads", self.quota, maxResults=PAGE_SIZE, **asked, **token)
        except ReasonedError as error:
            if error.reason != "invalidPageToken" or not walk.token:
                raise
        # It has expired since a run broke off: from the top again, down to `since` all the same.
        walk.token = ""
        return self.api.ask("commentThreads", self.quota, maxResults=PAGE_SIZE, **asked)

    def read(self, state: State, threads: Sequence[Mapping[str, Any]]) -> Iterator[Page]:
        """Yield the wanted comments of one answer, in so many pages that none takes long to come by."""
        posts: list[Post] = []
        rejected: list[Rejection] = []
        asked, is_cut = 0, False
        for thread in threads:
            snippet, thread_id = as_dict(thread.get("snippet")), str(thread.get("id"))
            replies, count = as_list(as_dict(thread.get("replies")).get("comments")), snippet.get("totalReplyCount")
            if isinstance(count, int) and count > max(len(replies), state.replies.get(thread_id, 0)):
                replies = self._replies(thread_id)
                asked += 1 + len(replies) // PAGE_SIZE
                is_cut = is_cut or len(replies) >= MAX_REPLY_PAGES * PAGE_SIZE
                state.replies.pop(thread_id, None)  # so that it is the last to be forgotten
                state.replies[thread_id] = count
            found, bad = to_posts([snippet.get("topLevelComment"), *replies], str(snippet.get("videoId") or ""))
            posts += self._wanted(found)
            rejected += bad
            if asked >= MAX_ASKED:
                yield Page(tuple(posts), cursor_of(state, self.quota), tuple(rejected), Gap(LONG) if is_cut else None)
                posts, rejected, asked, is_cut = [], [], 0, False
        yield Page(tuple(posts), cursor_of(state, self.quota), tuple(rejected), Gap(LONG) if is_cut else None)

    def _wanted(self, thread: Sequence[Post]) -> list[Post]:
        """Return the comments that the query finds, and with them what the brand itself wrote in their thread."""
        wanted = {post.platform_id for post in thread if match(self.query, post.text, post.author).is_match}
        return [post for post in thread if wanted and (post.platform_id in wanted or post.author.lower() in self.own)]

    def _replies(self, thread_id: str) -> list[Any]:
        found: list[Any] = []
        token = ""
        for _ in range(MAX_REPLY_PAGES):
            asked = {"part": "snippet", "parentId": thread_id, "textFormat": "plainText"}
            asked |= {"pageToken": token} if token else {}
            try:
                answer = self.api.ask("comments", self.quota, maxResults=PAGE_SIZE, **asked)
            except ReasonedError as error:  # deleted a moment ago, by a stranger who would stop the source by that
                logger.info("%s: the replies of %s are not to be had: %s", self.name, thread_id, error)
                break
            found += answer.get("items", [])
            token = str(answer.get("nextPageToken") or "")
            if not token:
                break
        return found


def cursor_of(state: State, quota: Quota) -> str:
    """Return the state as a cursor, with what the day has cost so far."""
    state.day, state.used = quota.day, quota.used
    return state.cursor


def time_of(thread: Mapping[str, Any]) -> int:
    """Return when a thread began, in seconds since 1970; 0 where it does not say."""
    try:
        return int(published_at(thread["snippet"]["topLevelComment"]["snippet"]).timestamp())
    except (KeyError, TypeError, ValueError):
        return 0


def as_dict(value: object) -> dict[str, Any]:
    """Return a part of an answer that should be an object, {} where it is none."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return a part of an answer that should be a list, [] where it is none."""
    return value if isinstance(value, list) else []
