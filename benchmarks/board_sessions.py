"""Many people at one board: how long a click takes, what a session costs in memory, and whether that grows.

    python benchmarks/board_sessions.py [--sessions 20] [--rate 10] [--minutes 1] [--cases 4000] [--database URL]

A real board is started in a process of its own, and people sign in to it by the routes and the websocket that a browser
uses. Together they act `rate` times a second: most open a case, some choose another tab, some search, some take the
case that they have open or give it back. Like a browser (board/watching.js) each of them also asks every two seconds
whether the list and the case have changed, and has what changed drawn anew, every four seconds at most. A click counts
from when it is sent until the run that answers it has ended, so the browser's own drawing is not in it (see
click_to_detail.py). The baseline is `GET /healthz` of the same board under the same load. DATABASE is an empty one;
without it a file of SQLite is made.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.board_data import fill  # noqa: E402
from core.types import Role  # noqa: E402
from storage.database import open_database  # noqa: E402
from storage.members import create_member  # noqa: E402
from tests.smtp import free_port  # noqa: E402

PASSWORD = "correct horse battery"
LOOKS_EVERY_S, REDRAWN_EVERY_S, OLD_AFTER_S = 2.0, 4.0, 20.0  # as in board/watching.js
LONGEST_WAIT_S = 30.0
WARM_UP_S = 8.0  # everybody's first page, and the caches that it fills
FEW_WARM_UP_S, ALL_WARM_UP_S = 60.0, 120.0  # until everybody has opened some forty cases
ACTS = {"open a case": 70, "another tab": 15, "search": 10, "take or give back": 5}
TABS = ("unassigned", "mine", "due", "unsure", "waiting", "open")
WORDS = ("parcel", "refund", "late courier", '"missed"', "severity:>=3", "")
TARGET_MS, TARGET_MB = 150, 1.0
MEMORY_OVER_S = 15


@dataclass
class Shown:
    """A component that asks for changes: its id, its fragment, what it shows, and when that was drawn and asked for."""

    id: str = ""
    fragment: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    drawn_at: float = 0.0
    asked_at: float = 0.0

    def take(self, component: Any, fragment: str) -> None:
        """Keep what was drawn."""
        self.id, self.fragment, self.data = component.id, fragment, json.loads(component.json)
        self.drawn_at = time.monotonic()

    def is_to_redraw(self, version: Sequence[int]) -> bool:
        """Tell whether a browser would ask for it anew, now that the board says how far things have come."""
        is_newer = any(now > drawn for now, drawn in zip(version, self.data["version"], strict=False))
        now = time.monotonic()
        if now - max(self.drawn_at, self.asked_at) < (REDRAWN_EVERY_S if is_newer else OLD_AFTER_S):
            return False
        self.asked_at = now
        return True


@dataclass
class Person:
    """A signed-in member with a page open, as far as the server can tell."""

    address: str
    cookie: str
    chance: random.Random
    list: Shown = field(default_factory=Shown)
    case: Shown = field(default_factory=Shown)
    opening: Shown = field(default_factory=Shown)
    page: str = ""
    number: int = 0
    received: int = 0
    runs: int = 0
    looks: int = 0
    socket: Any = None
    answer: "asyncio.Future[None] | None" = None
    sought: tuple[str, str] = ("", "")
    is_drawn: bool = False

    async def stay(self, stopping: asyncio.Event) -> None:
        """Open the page, look for changes, and read what comes until told to stop."""
        address = f"ws{self.address.removeprefix('http')}/_stcore/stream"
        more = {"Cookie": self.cookie}
        async with (
            httpx.AsyncClient(base_url=self.address, headers=more, trust_env=False) as client,
            websockets.connect(
                address, additional_headers=more, subprotocols=["streamlit", "x"], origin=self.address, max_size=None
            ) as self.socket,
        ):
            reading = asyncio.create_task(self._read())
            first = BackMsg()
            first.rerun_script.query_string = ""
            await self._send(first)
            await asyncio.sleep(LOOKS_EVERY_S * (1 + self.chance.random()))
            while not stopping.is_set():
                await self._look(client)
                if self.looks % 2:
                    await client.get("/api/me")  # every other time, as board/pages/session_watch.js
                await asyncio.sleep(LOOKS_EVERY_S)
            reading.cancel()

    async def _look(self, client: httpx.AsyncClient) -> None:
        asked = [(self.list, client.get("/api/cases/changes"))] if self.list.id else []
        if self.case.id:
            asked.append((self.case, client.post(f"/api/cases/{self.case.data['case']}/looking")))
        for shown, request in asked:
            answer = await request
            self.looks += 1
            if shown.is_to_redraw(answer.raise_for_status().json()["version"]):
                await self._send(self._message(shown, {"event": "redraw", "value": 1}))

    async def act(self, kind: str) -> tuple[str, float] | None:
        """Do something; return what, and in how many seconds its answer was there; none where one is still to come."""
        if self.answer is not None:
            return None
        rows = self.list.data.get("rows", [])
        kind = kind if rows else "another tab"  # this one is empty
        self.number = max(self.number + 1, int(time.time() * 1000))
        if kind == "open a case":
            case_id = self.chance.choice(rows)["id"]
            pressed, event = self.opening, {"event": "open", "value": {"id": case_id, "click": self.number}}
            self.sought = ("-composer", f'"case":{case_id},')
        else:
            ask = {"number": self.number, "click": self.number, **self._asked(kind, rows)}
            pressed, event = self.list, {"event": "ask", "value": [ask]}
            self.sought = ("-queue_list", f'"acted":{self.number},')
        self.is_drawn, self.answer = False, asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        await self._send(self._message(pressed, event))
        try:
            await asyncio.wait_for(self.answer, LONGEST_WAIT_S)
        finally:
            self.answer = None
        return kind, time.perf_counter() - began

    def _asked(self, kind: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        if kind == "another tab":
            return {"name": "view", "view": self.chance.choice(TABS)}
        if kind == "search":
            return {"name": "filter", "filter": {**self.list.data["filter"], "q": self.chance.choice(WORDS)}}
        row = self.chance.choice(rows)
        return {"name": "release" if row["is_mine"] else "claim", "ids": [row["id"]], "marked": True}

    def _message(self, shown: Shown, event: dict[str, Any]) -> BackMsg:
        message = BackMsg()
        run = message.rerun_script
        run.page_script_hash, run.fragment_id = self.page, shown.fragment
        run.widget_states.widgets.add(id=shown.id, json_value="{}")
        widget = run.widget_states.widgets.add()
        widget.id = f"$$STREAMLIT_INTERNAL_KEY_{shown.id}__events"
        widget.json_trigger_value = json.dumps([event])
        return message

    async def _send(self, message: BackMsg) -> None:
        await self.socket.send(message.SerializeToString())

    async def _read(self) -> None:
        async for frame in self.socket:
            self.received += len(frame)
            message = ForwardMsg()
            message.ParseFromString(frame)
            self._take(message)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        self.runs += kind == "script_finished"
        if kind == "new_session":
            self.page = message.new_session.page_script_hash
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "bidi_component":
            self._look_at(message.delta.new_element.bidi_component, message.delta.fragment_id)
        elif kind == "script_finished" and self.is_drawn and self.answer is not None and not self.answer.done():
            self.answer.set_result(None)

    def _look_at(self, component: Any, fragment: str) -> None:
        if component.id.endswith("-queue_list"):
            self.list.take(component, fragment)
        elif component.id.endswith("-presence"):
            self.case.take(component, fragment)
        elif component.id.endswith("-opening"):
            self.opening.take(component, fragment)
        suffix, words = self.sought
        if suffix and component.id.endswith(suffix) and words in component.json.replace(": ", ":").replace(", ", ","):
            self.is_drawn = True


@dataclass
class Measured:
    """Seconds of each kind of act and of the baseline, and the server's megabytes by the second."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    memory: list[tuple[float, float]] = field(default_factory=list)
    missed: int = 0

    def add(self, kind: str, took: float) -> None:
        """Keep one figure."""
        self.seconds.setdefault(kind, []).append(took)


def megabytes(process: int) -> float:
    """Return the memory that is the process's own."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Private_Dirty:"))


def processor_seconds(process: int) -> float:
    """Return how long the process has kept a processor busy."""
    ticks = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def board(url: str, folder: Path) -> Iterator[tuple[str, int]]:
    """Serve a board in a process of its own; yield its address and the process."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    more = {"AFTERCLICK_DATABASE_URL": url, "AFTERCLICK_BASE_URL": address, "PYTHONPATH": str(ROOT)}
    served = subprocess.Popen([sys.executable, "-m", "app", "--port", str(port)], cwd=folder, env=os.environ | more)
    try:
        for _ in range(300):
            try:
                httpx.get(f"{address}/healthz", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address, served.pid
    finally:
        served.terminate()
        served.wait()


def sign_in(address: str, number: int) -> str:
    """Return the cookie of a member's new session."""
    form = {"email": f"person{number}@bench.example", "password": PASSWORD}
    answer = httpx.post(f"{address}/login", data=form, trust_env=False)
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


async def act_on_schedule(people: Sequence[Person], rate: float, until: float, measured: Measured) -> None:
    """Let one after another act, `rate` times a second, whether the earlier ones have their answers or not."""
    chance, acting, turn = random.Random(3), set(), 0
    began = time.monotonic()
    while time.monotonic() < until:
        kind = chance.choices(list(ACTS), list(ACTS.values()))[0]
        acting.add(asyncio.create_task(act_once(people[turn % len(people)], kind, measured)))
        turn += 1
        await asyncio.sleep(max(0.0, began + turn / rate - time.monotonic()))
    await asyncio.gather(*acting)


async def act_once(person: Person, kind: str, measured: Measured) -> None:
    """Let somebody act, and keep how long it took."""
    try:
        done = await person.act(kind)
    except TimeoutError:
        done = None
    if done is None:
        measured.missed += 1
    else:
        measured.add(*done)


async def watch(address: str, process: int, measured: Measured) -> None:
    """Ask the board for its health and look at its memory, once a second."""
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            began = time.perf_counter()
            await client.get(f"{address}/healthz")
            measured.add("GET /healthz", time.perf_counter() - began)
            measured.memory.append((time.monotonic(), megabytes(process)))
            await asyncio.sleep(1)


async def measure(address: str, process: int, given: argparse.Namespace) -> None:
    """Run the sessions and print what was measured.

    A quarter of the people work for a while first: what they make the board load and keep is not the others' memory.
    Then all of them do, before anything is measured: what a session keeps is there once its member has worked.
    """
    people = [Person(address, sign_in(address, number), random.Random(number)) for number in range(given.sessions)]
    few, others = people[: len(people) // 4], people[len(people) // 4 :]
    stopping, measured = asyncio.Event(), Measured()
    staying = [asyncio.create_task(person.stay(stopping)) for person in few]
    await asyncio.sleep(WARM_UP_S)
    await act_on_schedule(few, given.rate / 2, time.monotonic() + FEW_WARM_UP_S, Measured())
    with_few = megabytes(process)
    for person in others:
        staying.append(asyncio.create_task(person.stay(stopping)))
        await asyncio.sleep(0.2)
    await asyncio.sleep(WARM_UP_S)
    await act_on_schedule(people, given.rate, time.monotonic() + ALL_WARM_UP_S, Measured())
    watching = asyncio.create_task(watch(address, process, measured))
    busy, began = processor_seconds(process), time.monotonic()
    runs, received, looks = (sum(getattr(person, name) for person in people) for name in ("runs", "received", "looks"))
    await act_on_schedule(people, given.rate, began + 60 * given.minutes, measured)
    watching.cancel()
    lasted = time.monotonic() - began
    print(f"{given.sessions} sessions, {given.rate:g} acts a second, {given.minutes:g} minutes, {given.cases:,} cases")
    report_load(processor_seconds(process) - busy, sum(person.runs for person in people) - runs, lasted)
    print(f"Looks for changes: {(sum(person.looks for person in people) - looks) / lasted:.0f} a second")
    report_times(measured)
    report_memory(measured, with_few, len(others))
    each = (sum(person.received for person in people) - received) / len(people) / lasted / 1024
    print(f"Sent to each browser: {each:.1f} KB a second")
    stopping.set()
    await asyncio.gather(*staying)


def report_load(busy: float, runs: int, lasted: float) -> None:
    """Print how much the board had to do."""
    print(
        f"Runs of pages: {runs / lasted:.0f} a second, each {busy / max(runs, 1) * 1e3:.0f} ms of a processor;", end=" "
    )
    print(f"the board keeps one busy for {busy / lasted:.0%}")


def report_times(measured: Measured) -> None:
    """Print how long each kind of act took, beside its target."""
    print("| what | count | median ms | p95 ms | most ms | p95 target ms |")
    print("|---|---|---|---|---|---|")
    for kind in (*ACTS, "GET /healthz"):
        took = sorted(measured.seconds.get(kind, []))
        if took:
            half, most = took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.95))]
            target = TARGET_MS if kind == "open a case" else "baseline" if kind == "GET /healthz" else ""
            print(f"| {kind} | {len(took)} | {half * 1e3:.0f} | {most * 1e3:.0f} | {took[-1] * 1e3:.0f} | {target} |")
    print(f"Not begun or not answered, as the person still waited: {measured.missed}")


def report_memory(measured: Measured, with_few: float, more: int) -> None:
    """Print what a session took, and whether the board grew while the same people went on."""
    begin, end = measured.memory[0][0], measured.memory[-1][0]
    early = [used for at, used in measured.memory if at - begin < MEMORY_OVER_S]
    late = [used for at, used in measured.memory if end - at < MEMORY_OVER_S]
    first, last = sum(early) / len(early), sum(late) / len(late)
    print(f"Memory: {with_few:.0f} MB with a quarter of the sessions, {first:.0f} MB with all:", end=" ")
    print(f"{(first - with_few) / more:.2f} MB a session (target below {TARGET_MB:g})")
    print(
        f"Growth: {last - first:+.1f} MB in {(end - begin) / 60:.1f} minutes, by the first and last {MEMORY_OVER_S} s"
    )
    minutes = range(int((end - begin) // 60) + 1)
    by_minute = [[used for at, used in measured.memory if (at - begin) // 60 == minute] for minute in minutes]
    print("By the minute:", ", ".join(f"{sum(each) / len(each):.0f}" for each in by_minute if each), "MB")


def main() -> None:
    """Read the command line, make the board and measure it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--cases", type=int, default=4000)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.database or f"sqlite:///{folder}/board.db"
        database, now = open_database(url), datetime.now(UTC)
        fill(database, given.cases * 5, given.cases, now)
        with database.write() as session:
            for number in range(given.sessions):
                email = f"person{number}@bench.example"
                create_member(session, email, f"Person {number}", Role.RESPONDER, PASSWORD, now)
        database.close()
        with board(url, Path(folder)) as (address, process):
            asyncio.run(measure(address, process, given))


if __name__ == "__main__":
    main()
