"""X's API v2, asked through tweepy: each call gives the answer as X wrote it, or raises one of our errors.

tweepy 4.17 knows the older names of X's fields only, so the field lists are ours and go through its `request`, which
signs, sends and knows the host. Where X no longer takes the older names the newer ones are asked for: X either refuses
the parameter, or answers 200 without what was asked.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import tweepy

from collectors.base import plain
from collectors.web import http_date
from core.errors import BadResponseError, NotPermittedError

PAGE_SIZE: Final = 100  # the most that max_results takes, and the most ids of one look-up
USER_FIELDS: Final = "name,public_metrics,username"
# In the newer dialect author_id and the references are no fields but expansions.
DIALECTS: Final[dict[str, dict[str, str]]] = {
    "tweet.fields": {
        "tweet.fields": "author_id,conversation_id,created_at,lang,note_tweet,public_metrics,referenced_tweets",
        "expansions": "author_id",
        "user.fields": USER_FIELDS,
    },
    "post.fields": {
        "post.fields": "conversation_id,created_at,lang,note_post,public_metrics",
        "expansions": "author_id,edit_history_post_ids,referenced_posts",
        "user.fields": USER_FIELDS,
    },
}


class UnknownAccountError(NotPermittedError):
    """X knows no account of that name."""


class Api:
    """One run's conversation with X. `answered_at` is the moment of the last answer, by X's own clock.

    `me` is the number of the account in whose name the client can ask, "" where it can ask as an app only.
    """

    def __init__(self, client: tweepy.Client) -> None:
        self.client = client
        self.me = str(client.access_token or "").partition("-")[0]  # X's access tokens begin with it
        self.answered_at: datetime | None = None
        self._dialects = list(DIALECTS)  # those still worth trying; the first is the one in use

    def search(self, query: str, **asked: object) -> dict[str, Any]:
        """Return one page of recent search."""
        asked = {"query": query, "max_results": PAGE_SIZE, **asked}
        return _listing(self.posts("/2/tweets/search/recent", asked))

    def timeline(self, user_id: str, name: str, **asked: object) -> dict[str, Any]:
        """Return one page of the posts that mention an account ("mentions") or that it wrote ("tweets").

        Asked in the account's own name where that is possible: X then charges less.
        """
        asked = {"max_results": PAGE_SIZE, "exclude": "retweets" if name == "tweets" else "", **asked}
        return _listing(self.posts(f"/2/users/{user_id}/{name}", asked, in_my_name=user_id == self.me))

    def lookup(self, ids: Sequence[str]) -> dict[str, Any]:
        """Return the posts with these ids, at most 100, and what X says of the others."""
        return self.posts("/2/tweets", {"ids": ",".join(ids)})

    def counts(self, query: str, token: str) -> dict[str, Any]:
        """Return how many posts of the last seven days match, day by day."""
        asked = {"query": query, "granularity": "day", "next_token": token}
        return _listing(self.ask("GET", "/2/tweets/counts/recent", asked))

    def user_id(self, handle: str) -> str:
        """Return the number of an account; raises `UnknownAccountError` where X knows none of that name."""
        answer = self.ask("GET", f"/2/users/by/username/{handle}", {})
        user = answer.get("data")
        number = plain(user.get("id")) if isinstance(user, dict) else ""
        if not number.isdigit():
            raise UnknownAccountError(f"X knows no account @{handle}{_said(answer)}.")
        return number

    def posts(self, route: str, asked: Mapping[str, object], *, in_my_name: bool = False) -> dict[str, Any]:
        """Return an answer with posts, in the dialect that X takes."""

        def ask() -> dict[str, Any]:
            return self.ask("GET", route, {**asked, **self.fields}, in_my_name=in_my_name)

        try:
            answer = ask()
        except NotPermittedError as error:
            if len(self._dialects) < 2 or self._dialects[0] not in str(error):
                raise
            self._dialects.pop(0)
            return ask()
        if len(self._dialects) > 1 and _without_authors(answer):
            spoken, self._dialects = self._dialects[0], self._dialects[1:]
            with suppress(NotPermittedError):
                fuller = ask()
                if not _without_authors(fuller):
                    return fuller
            self._dialects = [spoken]
        return answer

    @property
    def fields(self) -> dict[str, str]:
        """What is asked of each post, in the dialect in use."""
        return DIALECTS[self._dialects[0]]

    def ask(
        self,
        method: str,
        route: str,
        asked: Mapping[str, object],
        body: Mapping[str, object] | None = None,
        *,
        in_my_name: bool = False,
    ) -> dict[str, Any]:
        """Return the answer to one request; parameters that are empty are left out."""
        params = {name: str(value) for name, value in asked.items() if value}
        response = self.client.request(method, route, params=params, json=body, user_auth=in_my_name)
        self.answered_at = http_date(response.headers.get("date", "")) or self.answered_at
        try:
            answer = response.json()
        except (ValueError, RecursionError) as error:
            raise BadResponseError("X sent something else than JSON.") from error
        if not isinstance(answer, dict):
            raise BadResponseError("X sent an answer of another shape.")
        return answer


def errors_of(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what X says is wrong, beside its data or in its place."""
    errors = answer.get("errors")
    return [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []


def _listing(answer: dict[str, Any]) -> dict[str, Any]:
    if isinstance(answer.get("meta"), dict):
        return answer
    if errors_of(answer) and not answer.get("data"):
        raise NotPermittedError(f"X refused the request{_said(answer)}.")
    raise BadResponseError("X sent an answer without its result count.")


def _said(answer: Mapping[str, Any]) -> str:
    words = [plain(each.get("detail") or each.get("title")) for each in errors_of(answer)]
    return f": {words[0].rstrip('. ')[:300]}" if words and words[0] else ""


def _without_authors(answer: Mapping[str, Any]) -> bool:
    data = answer.get("data")
    return (
        isinstance(data, list) and any(data) and not any(isinstance(raw, dict) and raw.get("author_id") for raw in data)
    )
