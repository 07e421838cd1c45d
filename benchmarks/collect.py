"""Posts a second through real tweepy and praw into the database, beside what the client alone does in the same run.

    python benchmarks/collect.py [--posts 100000] [--rounds 3] [--clients tweepy,praw] [--databases sqlite,postgresql]

Posts come from the replay server in ../shared. Every figure is measured in a process of its own, the client alone and
ours in turn, so that noise hits both; each of ours begins with an empty database. The client alone asks for the same
pages and fields, with what it returns by default, and keeps nothing. PostgreSQL runs in a folder of its own and keeps
its promise to have written what it says (fsync), as SQLite does its own (WAL).
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final
from urllib.request import urlopen

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "replay"
sys.path.insert(0, str(ROOT))

SMALL: Final = 10_000
QUERY: Final = "a OR e OR i OR o OR u"  # what every post of the archive holds
KEYS: Final = {"X_BEARER_TOKEN": "token", "REDDIT_CLIENT_ID": "id", "REDDIT_CLIENT_SECRET": "secret"}
TWEET_FIELDS: Final = [  # what the collector asks for as well
    *("author_id", "conversation_id", "created_at", "lang", "note_tweet", "public_metrics", "referenced_tweets")
]
SOURCES: Final = {
    "tweepy": {"name": "x", "brand": "P", "platform": "x", "query": QUERY},
    "praw": {
        "name": "reddit",
        "brand": "P",
        "platform": "reddit",
        "subreddit": "replay",
        "options": {"listings": "new"},
    },
}


def bare_tweepy(url: str) -> int:
    """Read everything through tweepy and nothing of ours."""
    import requests
    import tweepy

    class Elsewhere(requests.adapters.HTTPAdapter):
        def send(self, request, **options):  # type: ignore[no-untyped-def]
            request.url = url + request.path_url
            return super().send(request, **options)

    client = tweepy.Client("token")
    client.session.mount("https://", Elsewhere())
    pages = tweepy.Paginator(
        client.search_recent_tweets,
        f"({QUERY}) -is:retweet",
        max_results=100,
        expansions=["author_id"],
        tweet_fields=TWEET_FIELDS,
        user_fields=["name", "public_metrics", "username"],
    )
    return sum(len(page.data or []) for page in pages)


def bare_praw(url: str) -> int:
    """Read everything through praw and nothing of ours; its pauses, which a real Reddit asks for, are left out."""
    import praw
    import requests

    class Unpaced(requests.adapters.HTTPAdapter):
        def send(self, request, **options):  # type: ignore[no-untyped-def]
            request.url = url + request.path_url
            response = super().send(request, **options)
            response.headers.pop("x-ratelimit-remaining", None)
            return response

    session = requests.Session()
    session.mount("https://", Unpaced())
    reddit = praw.Reddit(
        client_id="id",
        client_secret="secret",
        user_agent="benchmark",
        check_for_updates=False,
        requestor_kwargs={"session": session},
    )
    return sum(1 for _ in reddit.subreddit("replay").new(limit=None, params={"limit": 100}))


def ours(client: str, url: str, database_url: str) -> tuple[int, float, float]:
    """Read everything into the database as the worker does; return the posts and the seconds, as `clocked` does."""
    from collectors import class_of, make
    from core.configuration import parse_configuration
    from jobs.collect import collect
    from jobs.parts import Parts, utc_now
    from settings import credentials_for
    from storage.brands import all_sources, apply_configuration
    from storage.database import open_database
    from storage.stats import stats

    database = open_database(database_url)
    data = {"brands": [{"name": "P"}], "sources": [SOURCES[client] | {"base_url": url}]}
    with database.write() as session:
        apply_configuration(session, parse_configuration(data), utc_now())
    with database.read() as session:
        (source,) = all_sources(session)
    keys = credentials_for(source.name, list(KEYS))
    class_of(source.platform)  # imported before the clock runs, as the client alone is
    parts = Parts(database)
    added, seconds, processor = clocked(lambda: collect(parts, source, lambda config: make(config, keys)).added)
    with database.read() as session:
        kept = stats(session)["posts"]
    database.close()
    if added != kept:
        sys.exit(f"collecting went wrong: {added} posts were added, {kept} are in the database")
    return kept, seconds, processor


def measure_here(what: str, client: str, url: str, database_url: str) -> dict[str, float]:
    """Measure in this process and return posts, seconds and peak memory in MB."""
    if what == "ours":
        posts, seconds, processor = ours(client, url, database_url)
    else:
        import praw  # noqa: F401  (before the clock runs, as ours are)
        import tweepy  # noqa: F401

        bare = {"tweepy": bare_tweepy, "praw": bare_praw}[client]
        posts, seconds, processor = clocked(lambda: bare(url))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"posts": posts, "seconds": seconds, "processor": processor, "mb": peak}


def clocked(work: Callable[[], int]) -> tuple[int, float, float]:
    """Return what the work counted, the seconds it took, and those for which it had a processor."""
    began, began_working = time.perf_counter(), time.process_time()
    count = work()
    return count, time.perf_counter() - began, time.process_time() - began_working


def measured(what: str, client: str, url: str, database_url: str = "") -> dict[str, float]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--here", what, "--clients", client, "--url", url, "--database", database_url]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | KEYS)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextmanager
def replay(archive: Path) -> Iterator[str]:
    """Run the replay server in a process of its own, without limits, so that its memory and time are not ours."""
    from tests.smtp import free_port

    port = free_port()
    command = [sys.executable, str(SHARED / "replay_server.py"), "--archive", str(archive), "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--x-limit", "0"], stdout=subprocess.PIPE, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()  # it says so when it listens
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def archive_of(posts: int, folder: Path) -> Path:
    """Return a file of so many posts for the replay server."""
    whole, wanted = folder / "whole.jsonl", folder / f"{posts}.jsonl"
    make_archive = [sys.executable, str(SHARED / "make_archive.py"), str(whole), "--times", str(posts // 10_000 + 1)]
    subprocess.run(make_archive, check=True, stdout=subprocess.DEVNULL)
    with whole.open(encoding="utf-8") as lines, wanted.open("w", encoding="utf-8") as kept:
        kept.writelines(line for _, line in zip(range(posts), lines, strict=False))
    return wanted


class Databases:
    """Empty databases of one kind, one after the other."""

    def __init__(self, kind: str, folder: Path, stack: ExitStack) -> None:
        self.kind, self.folder, self.count, self.socket = kind, folder, 0, ""
        if kind == "postgresql":
            from tests.postgresql import TemporaryServer

            self.socket = stack.enter_context(TemporaryServer(lasting=True))

    def new(self) -> str:
        """Return the address of an empty database."""
        self.count += 1
        if self.kind == "sqlite":
            return f"sqlite:///{self.folder}/bench{self.count}.db"
        import psycopg

        with psycopg.connect(host=self.socket, user="postgres", dbname="postgres", autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE bench{self.count}")  # type: ignore[arg-type]
        return f"postgresql://postgres@/bench{self.count}?host={self.socket}"


def warm(url: str, client: str) -> None:
    """Have the server render every post once, which it keeps: the first reader must not pay for all."""
    measured("bare", client, url)
    urlopen(f"{url}/__control", b'{"reset": true}').close()


def compare(client: str, databases: Databases, archives: dict[int, Path], rounds: int) -> None:
    """Measure a client alone and ours in turn, and print the medians."""
    small, large = sorted(archives)
    with replay(archives[small]) as url:
        warm(url, client)
        at_small = measured("ours", client, url, databases.new())
    with replay(archives[large]) as url:
        warm(url, client)
        pairs = [(measured("bare", client, url), measured("ours", client, url, databases.new())) for _ in range(rounds)]
    rates = [(each["posts"] / each["seconds"], own["posts"] / own["seconds"]) for each, own in pairs]
    ratios = sorted(own / bare for bare, own in rates)
    bare, own = (statistics.median(each) for each in zip(*rates, strict=True))
    sides = list(zip(*pairs, strict=True))
    mb_bare, mb = (max(each["mb"] for each in side) for side in sides)
    work_bare, work = (statistics.median(each["processor"] / each["posts"] for each in side) * 1e6 for side in sides)
    print(
        f"| {client} | {databases.kind} | {pairs[0][1]['posts']:,.0f} | {bare:,.0f} | {own:,.0f} "
        f"| {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) | {work_bare:.0f} / {work:.0f} "
        f"| {at_small['mb']:.0f} | {mb:.0f} | {mb_bare:.0f} |",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", default="tweepy,praw")
    parser.add_argument("--databases", default="sqlite,postgresql")
    for hidden in ("--here", "--url", "--database"):
        parser.add_argument(hidden, default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        print(json.dumps(measure_here(asked.here, asked.clients, asked.url, asked.database)))
        return
    if not SHARED.is_dir():
        sys.exit("needs ../shared/replay (recordings that are not part of the project)")
    small = min(SMALL, asked.posts // 2)
    print(
        "| client | database | posts | alone, posts/s | into the database, posts/s | ratio, median (of each round) "
        "| µs of processor a post, alone / into "
        f"| MB at {small:,} | MB at {asked.posts:,} | MB, client alone |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        archives = {count: archive_of(count, folder) for count in (small, asked.posts)}
        for kind in asked.databases.split(","):
            databases = Databases(kind, folder, stack)
            for client in asked.clients.split(","):
                compare(client, databases, archives, asked.rounds)


if __name__ == "__main__":
    main()
