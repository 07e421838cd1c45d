"""The main text of a page, taken by trafilatura in a process of its own.

https://trafilatura.readthedocs.io/en/latest/corefunctions.html

A page is a stranger's: some that are 1 MB long keep trafilatura busy for minutes, and what it caches stays. So each
page has a process that ends with it: it is given time and memory, and none of our environment.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

SECONDS: Final = 20.0  # an ordinary page takes one, most of it for the start
MEMORY: Final = 2 * 2**30  # bytes of addresses; trafilatura and its libraries alone take 0.5
MAX_HTML: Final = 2_000_000  # characters that are looked at
MAX_TEXT: Final = 100_000  # characters, as core.text.MAX_TEXT_LENGTH: this file stands alone, see `extract_apart`
KEPT: Final = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a page holds: its main text and, where it says so, its title, author, day (YYYY-MM-DD) and own address."""

    text: str
    title: str = ""
    author: str = ""
    day: str = ""
    address: str = ""


def extract_apart(html: str, url: str, seconds: float = SECONDS) -> Extracted | None:
    """Return what `extract` says, in another process; None also where that took too long, too much or fell over."""
    # By its path and with -P: neither this folder nor the current one is looked into for modules.
    command = [sys.executable, "-P", __file__]
    asked = json.dumps({"html": html[:MAX_HTML], "url": url, "seconds": seconds})
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603  (a list of ours)
            command, input=asked.encode(), capture_output=True, timeout=seconds, env=environment, check=True
        )
        answer = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        return None
    return Extracted(**answer) if answer else None


def extract(html: str, url: str) -> Extracted | None:
    """Return what trafilatura finds on the page at `url`, None where that is no text."""
    from trafilatura import bare_extraction  # slow to load, and only needed in the other process

    found: Any = bare_extraction(html, url=url, with_metadata=True, include_comments=False)
    if found is None or not (found.text or "").strip():
        return None
    return Extracted(
        found.text.strip()[:MAX_TEXT], *(str(each or "") for each in (found.title, found.author, found.date, found.url))
    )


def _answer(asked: Mapping[str, Any]) -> str:
    found = extract(asked["html"], asked["url"])
    return json.dumps(asdict(found) if found else None)


if __name__ == "__main__":
    import logging

    request = json.loads(sys.stdin.buffer.read())
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(request["seconds"]) + 1,) * 2)
    logging.disable()
    sys.stdout.write(_answer(request))
