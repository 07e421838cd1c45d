"""What every step works with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from jobs.worker_id import new_worker_id
from storage.database import Database


def utc_now() -> datetime:
    """Return the present time, aware and in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """The database, the address that links point to, this process's name, and the clock."""

    database: Database
    base_url: str = "http://127.0.0.1:8501"
    mail_host: str = "localhost"
    mail_from: str = "afterclick@localhost"
    worker: str = field(default_factory=new_worker_id)
    now: Callable[[], datetime] = utc_now

    def case_link(self, case_id: int) -> str:
        """Return the address that opens the case on the board."""
        return f"{self.base_url}/?case={case_id}"
