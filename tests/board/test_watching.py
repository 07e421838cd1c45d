"""What an open page asks every few seconds, over the network and as a browser does."""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from board.gate import MEMBER_HEADER
from storage.cases import claim_case
from storage.presence import look
from storage.tables import Presence
from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA, OMAR, PASSWORD, Seed, add_case
from tests.board.test_gate import member_id

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect


@pytest.fixture
def dana(board: Board) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=board.address, trust_env=False, timeout=60) as client:
        client.post("/login", data={"email": DANA, "password": PASSWORD})
        yield client


def new_case(board: Board, author: str) -> int:
    with board.database.write() as session:
        return add_case(session, 1, Seed(author, "", ("Where is it?",), minutes_ago=5, severity=3), board.now())


def changes(client: httpx.Client) -> dict[str, Any]:
    answer = client.get("/api/cases/changes")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    found: dict[str, Any] = answer.json()
    return found


def looking(client: httpx.Client, case_id: int) -> dict[str, Any]:
    found: dict[str, Any] = client.post(f"/api/cases/{case_id}/looking").raise_for_status().json()
    return found


def take(board: Board, case_id: int) -> None:
    with board.database.write() as session:
        claim_case(session, case_id, member_id(board, OMAR), board.now())


def eventually(found: Callable[[], object], wanted: object) -> None:
    """Wait for what is kept for a second at most."""
    until = time.monotonic() + 30
    while found() != wanted and time.monotonic() < until:
        time.sleep(0.1)
    assert found() == wanted


def grew(before: list[int], after: list[int]) -> bool:
    return any(now > then for then, now in zip(before, after, strict=True))


def test_versions_grow_with_what_happens_and_not_without(board: Board, dana: httpx.Client) -> None:
    mine, other = new_case(board, "@mine"), new_case(board, "@other")
    of_list, of_case = changes(dana)["version"], looking(dana, mine)["version"]
    assert looking(dana, mine)["version"] == of_case  # looking is no change
    take(board, other)
    assert looking(dana, mine)["version"] == of_case
    eventually(lambda: grew(of_list, changes(dana)["version"]), True)
    take(board, mine)
    assert grew(of_case, looking(dana, mine)["version"])


def test_colleagues_are_named_and_never_the_one_who_asks(board: Board, dana: httpx.Client) -> None:
    case_id = new_case(board, "@watched")
    assert looking(dana, case_id)["others"] == []
    with board.database.read() as session:
        assert session.get(Presence, (case_id, member_id(board, DANA))) is not None
    with board.database.write() as session:
        look(session, case_id, member_id(board, OMAR), board.now(), typing=True)
    eventually(
        lambda: [(each["initials"], each["typing"]) for each in looking(dana, case_id)["others"]], [("OH", True)]
    )
    assert [each["typing"] for each in changes(dana)["looking"][str(case_id)]] == [True]


def test_erased_case_is_further_than_any_and_an_absurd_one_is_refused(board: Board, dana: httpx.Client) -> None:
    case_id = new_case(board, "@erased")
    version = looking(dana, case_id)["version"]
    gone = looking(dana, 2_000_000_000)["version"]
    assert gone[0] > version[0]
    assert dana.post(f"/api/cases/{2**70}/looking").status_code == 404


def test_strangers_hear_nothing(board: Board, dana: httpx.Client) -> None:
    path = f"/api/cases/{board.cases[0]}/looking"
    assert dana.post(path, headers={"origin": "https://elsewhere.example"}).status_code == 403
    with httpx.Client(base_url=board.address, trust_env=False) as stranger:
        for answer in (stranger.get("/api/cases/changes"), stranger.post(path)):
            assert answer.status_code == 401
        made_up = stranger.get("/api/cases/changes", headers={MEMBER_HEADER: "1"})
        assert made_up.status_code == 401


@pytest.mark.browser
def test_page_is_drawn_anew_for_changes_only(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@calm")
    page = visitors.page(visitors.context())
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    visitors.enter(page, board, DANA, f"/?case={case_id}")
    expect(page.get_by_role("button", name="Assign to me")).to_be_visible()
    with page.expect_response("**/looking"):
        page.wait_for_timeout(2500)
    sent.clear()
    page.wait_for_timeout(7000)
    assert sent == []
    take(board, case_id)
    expect(page.get_by_text("Taken by Omar")).to_be_visible(timeout=10_000)
    assert sent


@pytest.mark.browser
def test_page_that_nobody_sees_asks_nothing_and_catches_up(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@hidden")
    page = visitors.sign_in(board, DANA, f"/?case={case_id}")
    expect(page.get_by_role("button", name="Assign to me")).to_be_visible()
    asked: list[str] = []

    def note(request: "Request") -> None:
        if request.url.endswith(("/changes", "/looking")):
            asked.append(request.url)

    page.on("request", note)
    _hide(page, is_hidden=True)
    page.wait_for_timeout(3000)
    asked.clear()
    page.wait_for_timeout(5000)
    assert asked == []
    take(board, case_id)
    _hide(page, is_hidden=False)
    expect(page.get_by_text("Taken by Omar")).to_be_visible(timeout=10_000)


def _hide(page: "Page", *, is_hidden: bool) -> None:
    page.evaluate(
        """isHidden => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )
