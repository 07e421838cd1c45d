"""When complaints come, and who works on them."""

from typing import Final

from board.reports import charts
from board.reports.parts import Picture, Section, none_came
from board.reports.report import Report
from board.reports.table import Row, Table
from core.counted import HOURS
from core.reporting import WEEKDAYS
from core.tallies import Act

DAY_NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ACTS: Final = {
    Act.TAKEN: "Taken",
    Act.ANSWERED: "Answered",
    Act.RESOLVED: "Resolved",
    Act.DISMISSED_BY: "Dismissed",
}


def hours(report: Report) -> Section:
    """Return at which hours of the week complaints begin."""
    by_hour = report.counted.by_hour()
    most, total = max(by_hour.values()), report.counted.total["cases"]
    about = [
        f"Counts when the first posts of the complaints came, by {report.zone_words}, over all "
        f"{report.period.span.days} days. The fuller a field, the more; an empty one is none."
    ]
    ways = {
        (weekday, hour): report.leads_to(on=f",{WEEKDAYS[weekday]}-{hour:02}")
        for (weekday, hour), number in by_hour.items()
        if number
    }
    rows = [
        {
            "x": f"{hour:02}",
            "y": DAY_NAMES[weekday],
            "value": number,
            "fill": number / most if most else 0,
            "tip": f"{DAY_NAMES[weekday]}, {hour:02}:00 to {hour + 1:02}:00: {number:,}",
            "href": ways.get((weekday, hour), ""),
        }
        for (weekday, hour), number in by_hour.items()
    ]
    lines = []
    for weekday, name in enumerate(DAY_NAMES):
        of_day = [by_hour[weekday, hour] for hour in HOURS]
        cases = sum(of_day)
        hrefs = {hour + 2: ways[weekday, hour] for hour in HOURS if ways.get((weekday, hour))}
        way = report.leads_to(on=f",{WEEKDAYS[weekday]}") if cases else ""
        lines.append(Row((name, cases, *of_day), way, hrefs))
    columns = ("Day", "Complaints", *(f"{hour:02}" for hour in HOURS))
    table = Table("Complaints by day of the week and hour", columns, lines)
    picture = Picture(lambda: charts.matrix(rows), "Complaints by day of the week and hour, as in the table below.")
    return Section("hours", "When they come", about, [picture], [table], nothing="" if total else none_came(report))


def team(report: Report) -> Section:
    """Return what each member has open and did; for others than managers, what they did themselves."""
    work = report.counted.work()
    shown = sorted(
        (key for key in report.names if key in work or key in report.open_now),
        key=lambda key: (-report.open_now.get(key, 0), report.names[key].casefold()),
    )
    about = [
        "Open now counts the cases that are assigned and not closed, whenever they came. Taken, answered, resolved and "
        "dismissed count cases on the day that it was done, each once a day; what was undone does not count.",
        "You see your own row; managers see everybody’s." if report.is_partial else "",
    ]
    columns = ("Open now", *ACTS.values())
    numbers = {
        key: (report.open_now.get(key, 0), *(work.get(key, {}).get(act.value, 0) for act in ACTS)) for key in shown
    }
    most = [max((row[place] for row in numbers.values()), default=0) for place in range(len(columns))]
    ways = {key: report.leads_to_open(key) for key in shown if numbers[key][0]}
    rows = [
        {
            "x": column,
            "y": report.names[key],
            "value": number,
            "fill": number / most[place] if most[place] else 0,
            "tip": f"{report.names[key]}, {column.lower()}: {number:,}",
            "href": ways.get(key, "") if place == 0 else "",
        }
        for key in shown
        for place, (column, number) in enumerate(zip(columns, numbers[key], strict=True))
    ]
    lines = [Row((report.names[key], *numbers[key]), ways.get(key, "")) for key in shown]
    table = Table("Work by member", ("Member", *columns), lines, leads_to="Show open cases", is_folded=False)
    picture = Picture(lambda: charts.matrix(rows, step=34), "Work by member, as in the table below.")
    nothing = "" if shown else "Nobody has or had a case in this period."
    return Section("team", "Who has and did what", about, [picture], [table], nothing)
