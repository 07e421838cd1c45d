"""What stands before the board, asked over the network: the gate, signing in and out, the headers, the drafts."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from board import gate, parts
from board.gate import MEMBER_HEADER
from core.text import MAX_TEXT_LENGTH
from core.types import Role
from storage.members import create_member, member_by_email, revoke_sessions
from storage.replies import draft_of
from storage.rows import id_of
from storage.undo import steps_of
from tests.board.conftest import Board
from tests.board.seeding import DANA, OMAR, PASSWORD

COOKIE = "afterclick_session"
HTML = {"accept": "text/html"}


@pytest.fixture
def client(board: Board) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=board.address, trust_env=False, timeout=60) as opened:
        yield opened


def sign_in(client: httpx.Client, email: str = DANA, password: str = PASSWORD, **more: str) -> httpx.Response:
    return client.post("/login", data={"email": email, "password": password}, headers=more)


def member_id(board: Board, email: str) -> int:
    with board.database.read() as session:
        found = member_by_email(session, email)
        assert found is not None
        return id_of(found)


async def _open_socket(board: Board, headers: dict[str, str], wait: float) -> str:
    address = board.address.replace("http", "ws") + "/_stcore/stream"
    try:
        async with connect(
            address,
            additional_headers=headers,
            subprotocols=[Subprotocol("streamlit")],
            origin=Origin(headers.pop("origin", board.address)),
            proxy=None,
        ) as socket:
            try:
                await asyncio.wait_for(socket.recv(), wait)
            except TimeoutError:
                return "open"
            except ConnectionClosed as closed:
                return f"closed {closed.rcvd.code if closed.rcvd else ''}"
            return "open"
    except InvalidStatus as refused:
        return f"refused {refused.response.status_code}"


def socket(board: Board, wait: float = 0.3, **headers: str) -> str:
    return asyncio.run(_open_socket(board, {name.replace("_", "-"): value for name, value in headers.items()}, wait))


@pytest.mark.parametrize(
    "path",
    ["/", "/account", "/password", "/api/me", "/_stcore/host-config", "/_stcore/metrics", "/media/x.png", "/_stcore/",
     "/component/x", "/LOGIN", "//login", "/login/", "/static/../api/me", "/_stcore/upload_file/a/b", "/nothing"],
)  # fmt: skip
def test_nothing_is_shown_without_a_session(client: httpx.Client, path: str) -> None:
    for cookies in ({}, {COOKIE: "x" * 43}, {COOKIE: "x" * 5000}):
        answer = client.get(path, headers={"cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())})
        assert answer.status_code == 401, path
        asked_by_browser = client.get(path, headers=HTML)
        assert asked_by_browser.status_code == 303
        assert asked_by_browser.headers["location"].startswith("/login?next=%2F")


def test_open_paths_tell_nothing(client: httpx.Client) -> None:
    assert client.get("/healthz").text == "ok"
    assert client.get("/login").status_code == 200
    assert client.get("/sign_in.css").headers["content-type"].startswith("text/css")
    assert client.get("/favicon.svg").is_success


def test_made_up_identity_is_taken_off(board: Board, client: httpx.Client) -> None:
    named = str(member_id(board, OMAR))
    assert client.get("/api/me", headers={MEMBER_HEADER: named}).status_code == 401
    assert socket(board, **{MEMBER_HEADER: named}) == "refused 403"
    sign_in(client)
    assert client.get("/api/me", headers={MEMBER_HEADER: named}).json()["email"] == DANA


def test_socket_wants_a_session_and_our_own_page(board: Board, client: httpx.Client) -> None:
    sign_in(client)
    token = client.cookies[COOKIE]
    tampered = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert socket(board) == "refused 403"
    assert socket(board, cookie=f"{COOKIE}={tampered}") == "refused 403"
    assert socket(board, cookie=f"{COOKIE}={token}") == "open"
    assert socket(board, cookie=f"{COOKIE}={token}", origin="http://evil.example") == "refused 403"


def test_live_socket_is_closed_when_its_session_ends(board: Board, client: httpx.Client) -> None:
    with board.database.write() as session:
        member = id_of(create_member(session, "eva@brindle.example", "Eva", Role.RESPONDER, PASSWORD, board.now()))
    sign_in(client, "eva@brindle.example")
    token = client.cookies[COOKIE]

    async def revoke_while_open() -> str:
        opened = asyncio.create_task(_open_socket(board, {"cookie": f"{COOKIE}={token}"}, 10))
        await asyncio.sleep(0.5)
        with board.database.write() as session:
            revoke_sessions(session, member, board.now())
        return await opened

    assert asyncio.run(revoke_while_open()) == "closed 4401"


def test_cookie_is_kept_from_scripts_and_other_sites(client: httpx.Client) -> None:
    cookie = sign_in(client).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert re.search(r"max-age=43200\b", cookie)
    assert "secure" not in cookie  # this board is reached over http


def test_signing_out_ends_the_session_and_not_only_the_cookie(client: httpx.Client) -> None:
    sign_in(client)
    token = client.cookies[COOKIE]
    assert client.post("/logout").headers["location"] == "/login"
    assert COOKIE not in client.cookies
    assert client.get("/api/me", headers={"cookie": f"{COOKIE}={token}"}).status_code == 401


def test_link_to_sign_out_ends_nothing(client: httpx.Client) -> None:
    sign_in(client)
    assert client.get("/logout").headers["location"] == "/"
    assert client.get("/api/me").is_success


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"origin": "null"},
                                     {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}])  # fmt: skip
def test_other_sites_can_send_nothing(client: httpx.Client, headers: dict[str, str]) -> None:
    assert sign_in(client, **headers).status_code == 403
    sign_in(client)
    for path in ("/logout", "/password", "/api/cases/1/draft"):
        assert client.post(path, headers=headers, json={}).status_code == 403
    assert client.get("/api/me").is_success


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/?case=4", "/?case=4"),
        ("/account", "/account"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/login?next=/login", "/"),
        ("/%0d%0aset-cookie:x", "/%0d%0aset-cookie:x"),
        ("/\r\nset-cookie: x=1", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_to_the_board_and_nowhere_else(client: httpx.Client, target: str, expected: str) -> None:
    answer = client.post("/login", params={"next": target}, data={"email": DANA, "password": PASSWORD})
    assert answer.status_code == 303
    assert answer.headers["location"] == expected


def test_what_was_typed_comes_back_as_text(client: httpx.Client) -> None:
    answer = sign_in(client, '"><script>alert(1)</script>@x')
    assert answer.status_code == 401
    assert "<script>" not in answer.text
    assert PASSWORD not in answer.text


def test_oversized_form_is_refused(client: httpx.Client) -> None:
    assert sign_in(client, password="x" * 20_000).status_code == 413


def test_guessing_is_stopped_for_one_member_only(client: httpx.Client) -> None:
    for _ in range(8):
        assert sign_in(client, "guessed@brindle.example", "a wrong password").status_code == 401
    stopped = sign_in(client, "guessed@brindle.example", "a wrong password")
    assert stopped.status_code == 429
    assert "Wait 15 minutes" in stopped.text
    assert sign_in(client, OMAR).status_code == 303


def test_one_time_password_leads_to_a_password_of_ones_own(board: Board, client: httpx.Client) -> None:
    email, own = "new@brindle.example", "my very own password"
    with board.database.write() as session:
        create_member(session, email, "New", Role.ADMIN, "once-once-once", board.now(), one_time=True)
    assert sign_in(client, email, "once-once-once").status_code == 303
    assert client.get("/?case=3", headers=HTML).headers["location"] == "/password?next=%2F%3Fcase%3D3"
    assert client.get("/api/me").status_code == 403
    assert socket(board, cookie=f"{COOKIE}={client.cookies[COOKIE]}") == "refused 403"
    page = client.get("/password")
    assert "Choose your own password" in page.text

    def change(old: str, new: str, again: str) -> httpx.Response:
        return client.post("/password", params={"next": "/?case=3"}, data={"old": old, "new": new, "again": again})

    assert "differ" in change("once-once-once", own, own + "x").text
    assert "not right" in change("wrong", own, own).text
    assert "at least 10" in change("once-once-once", "short", "short").text
    assert "choose another" in change("once-once-once", "once-once-once", "once-once-once").text
    done = change("once-once-once", own, own)
    assert (done.status_code, done.headers["location"]) == (303, "/?case=3")
    assert client.get("/api/me").json()["role"] == "admin"
    client.cookies.clear()
    assert sign_in(client, email, "once-once-once").status_code == 401
    assert sign_in(client, email, own).status_code == 303


def test_every_answer_is_guarded_by_headers(client: httpx.Client) -> None:
    sign_in(client)
    for path in ("/login", "/", "/healthz", "/api/me", "/_stcore/host-config", "/nothing"):
        headers = client.get(path, headers={"accept": "*/*"}).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        scripts = re.search(r"script-src ([^;]*)", policy)
        assert "unsafe" not in (scripts.group(1) if scripts else "")


def test_draft_is_kept_for_the_one_who_wrote_it(board: Board, client: httpx.Client) -> None:
    path = "/api/cases/3/draft"
    assert client.post(path, json={"text": "x"}).status_code == 401
    sign_in(client)
    kept = client.post(path, json={"text": "We \0are sorry"}).json()
    act = kept.pop("taken")
    assert kept == {"kept": True, "holder": ""}
    with board.database.read() as session:
        assert len(steps_of(session, act, member_id(board, DANA))) == 1
        assert draft_of(session, 3, member_id(board, DANA)) == "We are sorry"
        assert draft_of(session, 3, member_id(board, OMAR)) == ""
    assert client.post(path, json={"text": "We are sorry."}).json()["taken"] == ""
    assert client.post(path, json={"text": ""}).is_success
    with board.database.read() as session:
        assert draft_of(session, 3, member_id(board, DANA)) == ""


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b'{"text": 3}', 400), (b"null", 400), (b'{"text": "' + b"x" * 700_000 + b'"}', 413),
     (b"[" * 90_000, 400), (b'{"a":' * 30_000, 400), (b"1" * 100_000, 400), (b"\xff\xfe", 400)],
)  # fmt: skip
def test_broken_draft_is_refused(client: httpx.Client, body: bytes, status: int) -> None:
    sign_in(client)
    answer = client.post("/api/cases/3/draft", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["error"]


def test_draft_of_no_case_is_refused(client: httpx.Client) -> None:
    sign_in(client)
    for case_id in (4711, 9 * 10**22, 2**63):
        assert client.post(f"/api/cases/{case_id}/draft", json={"text": "x"}).status_code == 404
    assert (
        client.post("/api/cases/1/draft", content=b'{"text":"x"}', headers={"content-type": "text/plain"}).status_code
        == 403
    )


def test_socket_of_another_port_of_this_host_is_refused(board: Board, client: httpx.Client) -> None:
    sign_in(client)
    cookie = f"{COOKIE}={client.cookies[COOKIE]}"
    assert socket(board, cookie=cookie, origin="http://127.0.0.1:1") == "refused 403"
    assert socket(board, cookie=cookie, origin="http://[") == "refused 403"


class _Member:
    id = 1
    must_change_password = False


@pytest.mark.parametrize("failing_looks", [1, 2, 99])
def test_a_failing_look_keeps_the_watch_and_many_end_the_connection(
    board: Board, monkeypatch: pytest.MonkeyPatch, failing_looks: int
) -> None:
    looks: list[int] = []

    def look_up(_token: str) -> _Member | None:
        looks.append(len(looks))
        if len(looks) == 1:
            return _Member()
        if len(looks) <= 1 + failing_looks:
            raise RuntimeError("the database is away")
        return None  # revoked

    async def inner(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive())["type"] != "websocket.disconnect":
            pass

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    monkeypatch.setattr(gate, "_look_up", look_up)
    monkeypatch.setattr(gate, "LOOK_AGAIN_S", 0.01)
    parts.install(parts.Parts(board.database, board.address))
    headers = [(b"cookie", f"{COOKIE}=abc".encode())]
    scope: Scope = {"type": "websocket", "path": "/_stcore/stream", "headers": headers, "query_string": b""}
    try:
        asyncio.run(asyncio.wait_for(gate.Gate(inner)(scope, never, send), 5))
    finally:
        parts.install(None)
    assert sent == [{"type": "websocket.close", "code": gate.SIGNED_OUT}]
    assert len(looks) == (1 + gate.MOST_FAILED_LOOKS if failing_looks > gate.MOST_FAILED_LOOKS else 2 + failing_looks)


def test_guesses_at_once_are_no_more_than_guesses_in_turn(board: Board) -> None:
    async def guess_all() -> list[int]:
        async with httpx.AsyncClient(base_url=board.address, trust_env=False, timeout=60) as client:
            forms = [{"email": "many@brindle.example", "password": f"guess {number}"} for number in range(40)]
            answers = await asyncio.gather(*(client.post("/login", data=form) for form in forms))
            return [answer.status_code for answer in answers]

    assert Counter(asyncio.run(guess_all())) == {401: 8, 429: 32}


def test_present_password_cannot_be_guessed_at_once(board: Board) -> None:
    with board.database.write() as session:
        create_member(session, "pia@brindle.example", "Pia", Role.RESPONDER, PASSWORD, board.now())

    async def guess_all() -> list[int]:
        async with httpx.AsyncClient(base_url=board.address, trust_env=False, timeout=60) as client:
            await client.post("/login", data={"email": "pia@brindle.example", "password": PASSWORD})
            forms = [{"old": f"guess {n}", "new": "x" * 12, "again": "x" * 12} for n in range(20)]
            answers = await asyncio.gather(*(client.post("/password", data=form) for form in forms))
            return [answer.status_code for answer in answers]

    assert Counter(asyncio.run(guess_all())) == {422: 8, 429: 12}


def test_known_browser_has_tries_of_its_own(board: Board, client: httpx.Client) -> None:
    email = "ken@brindle.example"
    with board.database.write() as session:
        create_member(session, email, "Ken", Role.RESPONDER, PASSWORD, board.now())
    sign_in(client, email)
    client.post("/logout")
    with httpx.Client(base_url=board.address, trust_env=False, timeout=60) as stranger:
        for _ in range(8):
            sign_in(stranger, email, "a wrong password")
        assert sign_in(stranger, email).status_code == 429
        stranger.cookies["afterclick_browser"] = "f" * 64
        assert sign_in(stranger, email).status_code == 429
    assert sign_in(client, email).status_code == 303
    browser = client.cookies["afterclick_browser"]
    assert client.get("/api/me", headers={"cookie": f"{COOKIE}={browser}"}).status_code == 401


def test_address_is_the_connections_whatever_a_header_says(client: httpx.Client) -> None:
    tried = [
        sign_in(client, "far@brindle.example", "a wrong password", **{"x-forwarded-for": f"10.0.0.{number}"})
        for number in range(9)
    ]
    assert [answer.status_code for answer in tried] == [401] * 8 + [429]


def test_asking_for_the_head_of_a_page_is_no_form(client: httpx.Client) -> None:
    assert client.head("/login").status_code == 200
    assert client.head("/logout").status_code == 303


@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_origin_that_is_no_address_is_refused(client: httpx.Client, path: str) -> None:
    assert client.post(path, headers={"origin": "http://["}).status_code == 403


def test_draft_that_was_overtaken_is_not_kept(board: Board, client: httpx.Client) -> None:
    sign_in(client)

    def keep(text: str, page: str, number: int) -> bool:
        answer = client.post("/api/cases/4/draft", json={"text": text, "page": page, "number": number})
        kept: bool = answer.json()["kept"]
        return kept

    assert keep("second", "tab", 2)
    assert not keep("first", "tab", 1)
    assert keep("of another tab", "other", 1)
    with board.database.read() as session:
        assert draft_of(session, 4, member_id(board, DANA)) == "of another tab"


def test_longest_draft_is_kept_whole_and_a_longer_one_refused(board: Board, client: httpx.Client) -> None:
    sign_in(client)
    longest = "ü" * MAX_TEXT_LENGTH
    assert client.post("/api/cases/4/draft", json={"text": longest}).is_success
    refused = client.post("/api/cases/4/draft", json={"text": longest + "x"})
    assert (refused.status_code, "100,000" in refused.json()["error"]) == (413, True)
    with board.database.read() as session:
        assert draft_of(session, 4, member_id(board, DANA)) == longest


def test_json_may_name_its_character_set(client: httpx.Client) -> None:
    sign_in(client)
    kind = {"content-type": "application/json; charset=utf-8"}
    for body in (b'{"text": "half a pair: \\ud800"}', b'{"text": ""}'):
        assert client.post("/api/cases/3/draft", content=body, headers=kind).is_success


@pytest.mark.parametrize("path", ["/api/cases/3/templates", "/api/cases/3/check", "/api/colleagues"])
def test_aids_of_writing_are_for_members_and_our_own_pages(client: httpx.Client, path: str) -> None:
    assert client.post(path, json={}).status_code == 401
    sign_in(client)
    assert client.post(path, json={"post": None, "text": "by Friday"}).is_success
    assert client.post(path, json={}, headers={"origin": "https://evil.example"}).status_code == 403
    assert client.post(path, content=b"x=1", headers={"content-type": "text/plain"}).status_code == 403
    assert client.post(path, json=[]).status_code == 400
    assert client.post(path, json={"text": "x" * 20_000}).status_code == 413
    if "cases" in path:
        for case_id in (4711, 2**63):
            assert client.post(path.replace("3", str(case_id)), json={}).status_code == 404


def test_aids_name_colleagues_and_look_at_a_reply(client: httpx.Client) -> None:
    sign_in(client)
    told = client.post("/api/colleagues", json={}).json()["colleagues"]
    assert {"name": "Omar Haddad", "email": OMAR, "on_shift": True, "mention": "Omar Haddad"} in told
    assert DANA not in [each["email"] for each in told]
    told = client.post(
        "/api/cases/3/check", json={"text": "Order BR-44321 is here on 31 December 2030, we promise."}
    ).json()
    assert [words.split(":")[0] for words in told["warnings"]] == [
        "Everybody can read this reply, and it names an order or case number"
    ]


def test_links_of_alert_mails_are_answered_without_a_session(client: httpx.Client) -> None:
    answer = client.get("/alert?do=stop&of=1&to=ops@parcelo.example&sig=made-up", headers=HTML)
    assert (answer.status_code, "This link does not work" in answer.text) == (404, True)
    assert client.get("/alert/", headers=HTML).status_code == 303
