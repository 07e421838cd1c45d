"""What an answer's status and headers mean."""

from datetime import timedelta

import httpx
import pytest

from collectors.web import error_for, get, http_client, http_date, pause_asked
from core.errors import NotPermittedError, RateLimitedError, UnreachableError

DATE = "Fri, 20 Nov 2026 10:00:00 GMT"
AT_TEN = 1795168800  # the same moment


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "Fri, 20 Nov 2026 10:02:00 GMT", "date": DATE}, 120),
        ({"retry-after": "Fri, 20 Nov 2026 10:02:00 GMT"}, None),
        ({"x-rate-limit-reset": str(AT_TEN + 600), "date": DATE}, 600),
        ({"x-rate-limit-reset": str(AT_TEN + 600), "date": "Fri, 20 Nov 2026 10:00:00 UTC"}, 600),
        ({"x-rate-limit-reset": str(AT_TEN + 600)}, None),
        ({"x-rate-limit-reset": str(AT_TEN - 5), "date": DATE}, None),
        ({"x-rate-limit-reset": str(AT_TEN + 9 * 86400), "date": DATE}, None),
        ({"x-ratelimit-reset": "2026-11-20T10:03:00.796213Z", "date": DATE}, 180.796213),
        ({"x-ratelimit-reset": "2026-11-20T10:03:00.796213Z"}, None),
        ({"ratelimit-reset": str(AT_TEN + 240), "date": DATE}, 240),
        ({"x-ratelimit-reset": "137"}, 137),
        ({"x-ratelimit-reset": "137.5"}, 137.5),
        ({"retry-after": "soon", "x-ratelimit-reset": "9"}, 9),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_the_pause_is_read_from_whichever_header_makes_sense(headers: dict[str, str], seconds: float | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert pause_asked(headers) == expected


@pytest.mark.parametrize(
    "header",
    [
        "Fri, 31 Dec 9999 23:00:00 -1200",
        "Tue, 01 Jan 1980 00:00:00 GMT",
        f"Fri, 20 Nov 2026 10:00:00 +{'9' * 30}",
        f"Fri, 20 Nov 2{'0' * 30} 10:00:00 GMT",
        "Fri, 20 Nov 2026 10:00:00",
        "soon",
        "",
    ],
)
def test_a_date_header_that_no_server_can_mean_says_nothing(header: str) -> None:
    assert http_date(header) is None
    assert pause_asked({"retry-after": header, "date": DATE}) is None
    assert pause_asked({"x-rate-limit-reset": str(AT_TEN + 600), "date": header}) is None


def test_a_monthly_cap_is_no_pause_that_passes_by_itself() -> None:
    body = (
        b'{"title":"UsageCapExceeded","detail":"Usage cap exceeded","type":"https://api.x.com/2/problems/usage-capped"}'
    )

    assert type(error_for("X", 429, {}, body)) is NotPermittedError
    assert type(error_for("X", 429, {}, b"Rate limit exceeded")) is RateLimitedError


def test_a_connection_that_fails_names_the_place_and_no_login() -> None:
    client = http_client(base_url="http://127.0.0.1:9", timeout=(1.0, 1.0))
    with pytest.raises(UnreachableError, match=r"connection to The feed \(127\.0\.0\.1:9\) failed"):
        get("The feed", client, httpx.URL("http://ann:secret@127.0.0.1:9/feed"), {})


def test_a_server_fault_may_say_how_long_it_lasts() -> None:
    error = error_for("X", 503, {"retry-after": "60"}, b"")

    assert type(error) is UnreachableError
    assert error.retry_after == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"errors":[{"message":"the query is wrong."}],"title":"Invalid Request"}', ": the query is wrong."),
        (b'{"detail":"no"}', ": no."),
        (b'{"message":"Forbidden","error":403}', ": Forbidden."),
        (b"<html>blocked by <b>us</b></html>", ")."),
        (b"[1]", ")."),
        (b'{"errors":7,"detail":""}', ")."),
        (b"[" * 100_000, ")."),
        (b'{"detail":"' + b"long " * 1000 + b'"}', " long long."),
    ],
)
def test_an_error_repeats_what_json_says_and_nothing_else(body: bytes, said: str) -> None:
    message = str(error_for("X", 400, {}, body))

    assert message.endswith(said + " Look at the source's query and options.")
    assert len(message) < 400
