"""Posts a second of each step of the main job, beside what the bare library does in the same run, and peak memory.

    python benchmarks/main_job.py [--posts 12302] [--database URL]

Posts come through real tweepy from the replay server in ../shared. The baseline of collecting is tweepy alone reading
the same pages; that of classifying is the model alone on the same texts; that of delivering is smtplib alone.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "replay"
sys.path.insert(0, str(ROOT))

from alerts.mail import Envelope, compose, open_sender  # noqa: E402
from alerts.rendering import Wording  # noqa: E402
from classifier.model import Model  # noqa: E402
from collectors import SourceConfig, make  # noqa: E402
from core.configuration import parse_configuration  # noqa: E402
from jobs.classify import classify  # noqa: E402
from jobs.collect import collect  # noqa: E402
from jobs.deliver import deliver  # noqa: E402
from jobs.parts import Parts, utc_now  # noqa: E402
from settings import credentials_for  # noqa: E402
from storage.brands import all_sources, apply_configuration  # noqa: E402
from storage.database import open_database  # noqa: E402
from storage.stats import stats  # noqa: E402
from tests.smtp import MailServer, free_port  # noqa: E402

os.environ.setdefault("X_BEARER_TOKEN", "token")
QUERY = "a OR e OR i OR o"


@contextmanager
def replay(posts: int, folder: Path) -> Iterator[str]:
    """Run the replay server in a process of its own, so that its memory and time are not ours."""
    archive, port = folder / "archive.jsonl", free_port()
    make_archive = [sys.executable, str(SHARED / "make_archive.py"), str(archive), "--rows", str(posts)]
    subprocess.run(make_archive, check=True, stdout=subprocess.DEVNULL)
    command = [sys.executable, str(SHARED / "replay_server.py"), "--archive", str(archive), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    time.sleep(4)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def timed(work: Callable[[], int]) -> tuple[int, float]:
    """Return what the work counted and the seconds it took."""
    began = time.perf_counter()
    count = work()
    return count, time.perf_counter() - began


def drain(step: Callable[[], int]) -> int:
    """Repeat a step until it has nothing left; return the sum."""
    total = 0
    while count := step():
        total += count
    return total


def bare_collect(url: str) -> int:
    """Read everything through the collector, and so tweepy, without keeping anything."""
    config = SourceConfig(name="bare", platform="x", query=QUERY, base_url=url)
    return sum(len(page.posts) for page in make(config, credentials_for("bare", ["X_BEARER_TOKEN"])).fetch(""))


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
        client.search_recent_tweets, f"({QUERY}) -is:retweet", max_results=100, expansions=["author_id"]
    )
    return sum(len(page.data or []) for page in pages)


def bare_mail(url: str, count: int) -> int:
    """Send so many mails without an outbox."""
    sender = open_sender(url)
    for number in range(count):
        envelope = Envelope(f"<{number}@bench.example>", "a@bench.example", "b@bench.example", utc_now())
        sender.send(compose(envelope, Wording("subject", "text " * 80, "<p>text</p>" * 80)))
    return count


def row(title: str, count: int, seconds: float, baseline: str, base_count: int, base_seconds: float) -> None:
    """Print one step beside its baseline."""
    rate, base = count / seconds, base_count / base_seconds
    print(f"| {title} | {count:,} | {rate:,.0f} | {baseline} | {base:,.0f} | {rate / base:.2f} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=12302)
    parser.add_argument("--database", default="")
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        sys.exit("needs ../shared/replay (recordings that are not part of the project)")
    with tempfile.TemporaryDirectory() as name, replay(arguments.posts, Path(name)) as url, MailServer() as mail:
        database = open_database(arguments.database or f"sqlite:///{name}/bench.db")
        source = {"name": "x", "brand": "P", "platform": "x", "query": QUERY, "base_url": url}
        data = {"brands": [{"name": "P", "managers": ["ops@p.example"]}], "sources": [source]}
        with database.write() as session:
            apply_configuration(session, parse_configuration(data), utc_now())
        parts = Parts(database)
        measure(parts, url, mail.url)
        with database.read() as session:
            print(json.dumps(stats(session)["outbox"] | {"mails at the server": len(mail.mails)}))
        database.close()
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def measure(parts: Parts, url: str, smtp: str) -> None:
    """Run the steps one after the other, each beside its baseline."""
    print("| step | posts or mails | per second | baseline | per second | ratio |\n|---|---|---|---|---|---|")
    bare_count, bare_seconds = timed(lambda: bare_tweepy(url))
    with parts.database.read() as session:
        (source,) = all_sources(session)
    keys = credentials_for("x", ["X_BEARER_TOKEN"])
    added, seconds = timed(lambda: collect(parts, source, lambda config: make(config, keys)).added)
    row("collect", added, seconds, "tweepy alone", bare_count, bare_seconds)
    model = Model.load(threads=2)
    with parts.database.read() as session:
        from sqlmodel import select

        from storage.tables import PostRow

        texts = list(session.exec(select(PostRow.text).limit(2000)))
    base_count, base_seconds = timed(
        lambda: sum(len(model.predict(texts[at : at + 64])) for at in range(0, len(texts), 64))
    )
    done, seconds = timed(lambda: drain(lambda: classify(parts, model)))
    row("classify + open cases", done, seconds, "the model alone, batches of 64", base_count, base_seconds)
    sender = open_sender(smtp)
    sent, seconds = timed(lambda: drain(lambda: deliver(parts, sender)))
    base_count, base_seconds = timed(lambda: bare_mail(smtp, 200))
    row("deliver", sent, seconds, "smtplib alone", base_count, base_seconds)


if __name__ == "__main__":
    main()
