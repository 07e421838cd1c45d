"""Answers that are small on the line and huge once unpacked, and words that no database takes."""

import gzip
import io
import json

import httpx
import pytest
import requests

from collectors.web import MAX_BODY, PACKINGS, Edge, error_for, get, http_client
from collectors.youtube.api import refusal
from core.errors import BadResponseError
from tests.collectors.conftest import Script

TWICE = gzip.compress(gzip.compress(b"\0" * 2**20))


def ask(url: str) -> bytes:
    with http_client(base_url=url) as client:
        return get("Feed", client, httpx.URL(url), {})[1]


def ask_by_requests(url: str) -> bytes:
    with requests.Session() as session:
        session.mount("https://", Edge("X", "X_BEARER_TOKEN", base_url=url))
        return session.get("https://api.x.example/2/tweets").content


@pytest.mark.parametrize("reader", [ask, ask_by_requests])
@pytest.mark.parametrize("packing", ["zstd", "br", "gzip, gzip", "gzip, zstd", "deflate,gzip"])
def test_an_answer_packed_in_a_way_that_was_not_asked_for_is_not_unpacked(server: Script, reader, packing: str) -> None:  # type: ignore[no-untyped-def]
    server.say(TWICE, Content_Encoding=packing)

    with pytest.raises(BadResponseError, match="packed in a way that was not asked for"):
        reader(server.url)
    asked = server.requests[0][1]["accept-encoding"]
    assert {each.strip() for each in asked.split(",")} <= PACKINGS


@pytest.mark.parametrize("reader", [ask, ask_by_requests])
@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_that_unpacks_to_more_than_the_limit_is_refused(server: Script, reader, status: int) -> None:  # type: ignore[no-untyped-def]
    server.say(gzip.compress(b" " * (MAX_BODY + 1)), status, Content_Encoding="gzip")

    with pytest.raises(BadResponseError, match="sent more than 10 MB"):
        reader(server.url)


@pytest.mark.parametrize("reader", [ask, ask_by_requests])
def test_an_answer_that_is_packed_once_is_read(server: Script, reader) -> None:  # type: ignore[no-untyped-def]
    server.say(gzip.compress(b'{"data": []}'), Content_Encoding="gzip")

    assert json.load(io.BytesIO(reader(server.url))) == {"data": []}


def test_what_a_platform_says_is_wrong_can_be_stored() -> None:
    body = b'{"detail": "no\\u0000 such\\ud800 thing", "error": {"message": "no\\u0000\\ud800", "errors": []}}'

    for error in (error_for("X", 400, {}, body), refusal(400, {}, body, None)):
        said = str(error)
        assert "no" in said
        assert "\0" not in said
        said.encode()
