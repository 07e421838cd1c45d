"""The Data API of YouTube: how it is asked, what a question costs, and what its refusals mean.

https://developers.google.com/youtube/v3/docs and https://developers.google.com/youtube/v3/docs/errors

A project has 10,000 units a day, of which all that is asked here takes one, and 100 searches besides; the day begins at
midnight Pacific Time (https://developers.google.com/youtube/v3/determine_quota_cost).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx

from collectors.base import Secret, plain
from collectors.text import plain_text
from collectors.web import error_for, exchange, http_date
from core.errors import (
    AuthError,
    BadResponseError,
    CollectError,
    NotPermittedError,
    RateLimitedError,
    UnreachableError,
)

ADDRESS: Final = "https://www.googleapis.com/youtube/v3/"
KEY: Final = "YOUTUBE_API_KEY"
PACIFIC: Final = ZoneInfo("America/Los_Angeles")
USED_UP: Final = frozenset({"quotaExceeded", "dailyLimitExceeded"})
TOO_FAST: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
# Of the key: https://cloud.google.com/apis/design/errors and the errors' own reasons in practice
OF_THE_KEY: Final = frozenset(
    {"keyInvalid", "keyExpired", "accessNotConfigured", "ipRefererBlocked", "API_KEY_INVALID", "API_KEY_EXPIRED"}
    | {"API_KEY_SERVICE_BLOCKED", "API_KEY_IP_ADDRESS_BLOCKED", "API_KEY_HTTP_REFERRER_BLOCKED", "SERVICE_DISABLED"}
)


class ReasonedError(NotPermittedError):
    """A refusal with the word that YouTube has for its reason."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(slots=True)
class Quota:
    """What was spent of the source's own budget on the day that began at midnight Pacific Time, by YouTube's clock."""

    per_day: int
    day: str = ""
    used: int = 0

    def spend(self, now: datetime) -> None:
        """Count one question; raises `RateLimitedError` where it was the last that the budget allows."""
        day = now.astimezone(PACIFIC).date().isoformat()
        self.day, self.used = day, self.used + 1 if day == self.day else 1

    def check(self, now: datetime | None) -> None:
        """Raise `RateLimitedError` where nothing is left for today; what day it is turns out with the first answer."""
        if now and self.used >= self.per_day and now.astimezone(PACIFIC).date().isoformat() == self.day:
            raise RateLimitedError(
                f"The {self.per_day} questions a day that this source may ask YouTube (quota_per_day) are asked. It "
                "goes on at midnight Pacific Time.",
                until_midnight(now),
            )


@dataclass(slots=True)
class Api:
    """YouTube's API by a key; `now` is its own time as of the last answer, None before the first."""

    client: httpx.Client
    key: Secret = field(repr=False)
    base_url: str = ""
    now: datetime | None = None

    def ask(self, what: str, quota: Quota, **asked: str | int) -> dict[str, Any]:
        """Return the answer, which has a list of `items`; raises `CollectError`.

        The key goes in a header, where no log of addresses shows it: a header by this name stands for the parameter
        "key" in all of Google's APIs (https://cloud.google.com/docs/authentication/api-keys-use#using-with-rest).
        """
        quota.check(self.now)
        url = httpx.URL(ADDRESS + what)
        if self.base_url:
            url = httpx.URL(self.base_url).join(url.raw_path.decode())
        headers = {"X-Goog-Api-Key": self.key.get_secret_value()}
        response, body = exchange(
            "YouTube", self.client, self.client.build_request("GET", url, params=asked, headers=headers)
        )
        self.now = http_date(response.headers.get("date", "")) or self.now
        if self.now:
            quota.spend(self.now)
        if not 200 <= response.status_code < 300:
            raise refusal(response.status_code, response.headers, body, self.now)
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BadResponseError("YouTube sent something else than JSON.") from error
        if not isinstance(answer, dict) or not isinstance(answer.get("items", []), list):
            raise BadResponseError("YouTube sent an answer of another shape.")
        return answer


def refusal(status: int, headers: Mapping[str, str], body: bytes, now: datetime | None) -> CollectError:
    """Return the error that YouTube's answer means.

    It says 403 for most things: that a quota is used up, that comments are switched off, that the key is not for it.
    """
    message, reasons = _said(body)
    said = f": {message}" if message else ""
    if USED_UP.intersection(reasons):
        return RateLimitedError(
            f"YouTube's quota of this key is used up ({status}){said}. It goes on at midnight Pacific Time.",
            until_midnight(now) if now else None,
        )
    if TOO_FAST.intersection(reasons):
        return RateLimitedError(f"YouTube asked for a pause ({status}){said}.")
    if "processingFailure" in reasons:  # "can be a transient error", says the page on errors
        return UnreachableError(f"YouTube could not answer ({status}){said}.")
    if OF_THE_KEY.intersection(reasons):
        return AuthError(
            f"YouTube refused the key ({status}){said}. Check {KEY}, and that it is for YouTube's Data API."
        )
    if reasons and 400 <= status < 500 and status not in (401, 408, 425, 429):
        return ReasonedError(f"YouTube refused the request ({status}){said}.", reasons[0])
    return error_for("YouTube", status, headers, body, keys=KEY)


def until_midnight(now: datetime) -> timedelta:
    """Return how long it is until the next day begins in California, and a minute for clocks that differ."""
    local = now.astimezone(PACIFIC)
    midnight = datetime(local.year, local.month, local.day, tzinfo=PACIFIC) + timedelta(days=1)
    return midnight.astimezone(UTC) - now.astimezone(UTC) + timedelta(minutes=1)


def _said(body: bytes) -> tuple[str, list[str]]:
    """Return an error's message and the words for its reason, "" and none where it is not one of Google's."""
    try:
        error = json.loads(body)["error"]
        listed = [*error.get("errors", ()), *error.get("details", ())]
        reasons = [str(each["reason"]) for each in listed if isinstance(each, dict) and each.get("reason")]
        message = plain(plain_text(str(error.get("message", ""))))  # some hold links
        return " ".join(message.split())[:300].rstrip(". "), reasons
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return "", []
