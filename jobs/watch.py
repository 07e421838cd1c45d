"""Watch: what changes with time alone is brought up to date."""

from jobs.parts import Parts
from storage.cases import open_cases_of
from storage.casework import prioritise
from storage.rows import id_of

BATCH = 1000


def watch(parts: Parts) -> int:
    """Work out again how urgent the open cases are, now that they waited longer; return how many changed."""
    changed = 0
    after = 0
    while True:
        with parts.database.write() as session:
            cases = open_cases_of(session, after, BATCH)
            changed += sum(prioritise(case, parts.now()) for case in cases)
        if len(cases) < BATCH:
            return changed
        after = id_of(cases[-1])
