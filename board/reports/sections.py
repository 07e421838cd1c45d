"""The parts of a report in their order."""

from board.reports.answering import answers, promises, solving
from board.reports.parts import Section
from board.reports.report import Report
from board.reports.volume import kinds, over_time
from board.reports.working import hours, team


def sections(report: Report) -> list[Section]:
    """Return the parts of the report in their order."""
    return [each(report) for each in (over_time, kinds, answers, solving, promises, hours, team)]
