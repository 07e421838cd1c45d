"""How dates are written: one pattern a form. A new phrase is a line of FORMS, and of the table in its test."""

import re
from typing import Final, NamedTuple

from core.entities.calendar import AMOUNTS, MONTHS
from core.entities.readings import (
    Reader,
    read_ahead,
    read_back,
    read_end_of_day,
    read_figures,
    read_iso,
    read_next_day,
    read_nothing,
    read_numbered,
    read_relative_day,
    read_week_or_month,
    read_weekday,
    read_weekday_span,
    read_written,
)

_MONTH: Final = rf"(?P<month>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?"
_LONG_DAY: Final = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_SHORT_DAY: Final = "mon|tues?|weds?|thurs?|thu|fri|sat|sun"
_DAY: Final = rf"(?:{_LONG_DAY}|{_SHORT_DAY})"
_NAMED: Final = rf"(?:(?:{_LONG_DAY}|{_SHORT_DAY})\b,?\s)?(?:the\s)?"
_ORDINAL: Final = r"(?:st|nd|rd|th)"
_AMOUNT: Final = rf"(?:\d{{1,3}}|{'|'.join(sorted(AMOUNTS, key=len, reverse=True))})"
_UNIT: Final = (
    r"(?P<unit>hours?|hrs?|h\b|(?:working|business|week)\s?days?|days?|weeks?|wks?|months?|minutes?|mins?)\b"
    r"(?:'(?!s))?"
)
_LENGTH: Final = rf"(?:{_AMOUNT}\s?(?:-|–|to|or)\s?)?(?P<amount>{_AMOUNT})(?:\s|-)?{_UNIT}"
_NEXT_WORD: Final = (  # what may follow "the 3rd" for it to be a day and no third thing
    r"(?=\s{0,3}(?:$|[^\w\s'-]|(?:at|but|or|so|still|yet|it|i|we|they|you|now|then|to|by|with|which|no|not|is|was|as"
    r"|because|from|in|for|when|between|after|before|however|nothing|never|he|she|my|your|and(?!\s(?:final|last|counting)))\b))"
)
_PLACED: Final = r"(?:on|by|for|until|till|til|since|before|after|from|due|dated|next|last|this|coming|between|and|to)"


class Form(NamedTuple):
    """A way to write a date; the group `span` is what is found, the whole match where there is none.

    `is_over` says that the words alone make the date past, `keeps` that no later form may read words that this one
    refused.
    """

    pattern: re.Pattern[str]
    read: Reader
    is_over: bool = False
    keeps: bool = False


def _form(pattern: str, read: Reader, is_over: bool = False, keeps: bool = False) -> Form:
    # ASCII: without it "ſunday" would match, which no table of weekdays has.
    return Form(re.compile(pattern, re.IGNORECASE | re.ASCII), read, is_over, keeps)


_YEAR: Final = r"(?:(?:,?\s|(?=/))(?P<year>(?:19|20)\d\d|['/]\d\d)\b|(?!\d))"
# The earlier form wins where two overlap; a form that is read as nothing keeps its place from later ones.
FORMS: Final = (
    _form(r"(?<![\w.-])(?P<year>(?:19|20)\d\d)([-/.])(?P<b>[01]?\d)\2(?P<a>[0-3]?\d)(?=T\d|(?![\w-]))", read_iso),
    _form(r"(?<![\w./-])(?P<a>[0-3]?\d)([-/.])(?P<b>[0-3]?\d)\2(?P<year>(?:19|20)\d\d)(?![\w-])", read_figures),
    _form(
        r"(?<![\w./-])(?<!\bversion\s)(?<!\bv\s)(?P<a>[0-3]?\d)([/.])(?P<b>[0-3]?\d)\2(?P<year>\d\d)(?![\w/-])(?!\.\d)",
        read_figures,
    ),
    _form(rf"(?<![\w/])(?:24/7|(?:black|cyber|good|easter|boxing|pancake|shrove)\s{_DAY}\b)", read_nothing, keeps=True),
    _form(
        rf"\b{_DAY}\s?(?:-|–|to|thru|through|till|until)\s?{_DAY}\b|\bevery\s{_DAY}\b"
        r"|\bsunday\s(?:times|roast|lunch|league|mail|mirror)\b",
        read_nothing,
        keeps=True,
    ),
    _form(
        rf"\b{_NAMED}(?P<from_day>[0-3]?\d){_ORDINAL}?\s?(?:-|–|to|and|or)\s?(?:the\s)?(?P<day>[0-3]?\d)"
        rf"(?P<ordinal>{_ORDINAL})?\s(?P<of>of\s)?{_MONTH}{_YEAR}",
        read_written,
    ),
    _form(
        rf"\b{_NAMED}(?<![\d.,/-])(?P<day>[0-3]?\d)(?P<ordinal>{_ORDINAL})?[\s-]?(?P<of>of\s)?{_MONTH}{_YEAR}",
        read_written,
    ),
    _form(
        rf"\b{_NAMED}{_MONTH}\s(?:the\s)?(?P<day>[0-3]?\d)(?P<ordinal>{_ORDINAL})?(?![\d:%]|[.,]\d)(?:\b{_YEAR}|\b)",
        read_written,
    ),
    _form(
        rf"\b(?:on|by|until|till|since|dated|due(?:\son)?|before|after|from|{_DAY})\s"
        r"(?P<span>(?P<a>[0-3]?\d)/(?P<b>[0-3]?\d))(?<!by\s[123]/[234])(?<!from\s[123]/[234])(?![\w/%-]|\.\d)",
        read_figures,
    ),
    _form(rf"\bbetween\s(?P<span>(?P<day>{_DAY})\sand\s(?P<last_day>{_DAY}))\b", read_weekday_span),
    _form(
        rf"\b(?:(?:on|by|for|until|till|since|before|after|from|due|between|and|to|was|is|be|{_DAY})\s)"
        rf"(?P<span>the\s(?P<day>[0-3]?\d){_ORDINAL}(?:\sof\s(?P<which>this|next|last)\smonth\b)?){_NEXT_WORD}",
        read_numbered,
    ),
    _form(
        r"(?<![\w@#])(?P<word>(?:the\s)?day\s(?:after\stomorrow|before\syesterday)|tomorrow|tomorow|tommorow|tommorrow|tmrw"
        r"|tmw|2moro|today|tonight|this\s(?:morning|afternoon|evening))(?!\w|'s\b|\s(?:show|fm)\b)",
        read_relative_day,
    ),
    _form(r"(?<![\w@#])(?P<word>yesterday|last\snight)(?!\w|'s\b)", read_relative_day, is_over=True),
    _form(rf"\b(?P<which>last)\s(?P<day>{_DAY})\b", read_weekday, is_over=True),
    _form(rf"\b(?P<which>next|this\scoming|this|coming)\s(?P<day>{_DAY})\b", read_weekday),
    _form(rf"(?<![\w@#])(?P<day>{_LONG_DAY})(?!\w|'s\b)", read_weekday),
    _form(rf"\b{_PLACED}\s(?P<span>(?P<day>{_SHORT_DAY}))\b(?!'s|\s(?:nav|tv|news))", read_weekday),
    _form(
        r"\b(?P<span>(?P<end>(?:the\s)?end\sof\s)(?:the\s|(?P<which>this|next|following|last)\s)?(?P<unit>week|month))\b",
        read_week_or_month,
    ),
    _form(r"\b(?P<which>last)\s(?P<unit>weekend|week|month)\b(?!'s)", read_week_or_month, is_over=True),
    _form(r"\b(?P<which>next|this)\s(?P<unit>weekend|week|month)\b(?!'s)", read_week_or_month),
    _form(
        r"\b(?:by|over|at|before|until|for|on)\s(?P<span>the\s(?P<unit>weekend))\b",
        read_week_or_month,
    ),
    _form(
        r"\b(?:by|before)\s(?P<span>(?:the\s)?(?:end\sof\s(?:the\s)?(?:working\s)?(?:day|play)"
        r"|close\sof\s(?:business|play)|eod|cob))\b",
        read_end_of_day,
    ),
    _form(
        r"\b(?P<lead>within(?:\sthe\snext)?|in(?:\sthe\snext|\sanother)?|up\sto|(?:for|over|during)\sthe\snext)\s"
        rf"{_LENGTH}(?P<later>\stime\b|\sfrom\s(?:now|today)\b)?",
        read_ahead,
        keeps=True,
    ),
    _form(rf"\b(?P<lead>allow)\s(?P<span>(?:up\sto\s)?{_LENGTH})", read_ahead, keeps=True),
    _form(rf"\b(?P<amount>{_AMOUNT})\s?{_UNIT}\sago\b", read_back, is_over=True),
    _form(
        r"\b(?P<which>next|same)[\s-](?P<working>working\s|business\s)?day\b"
        r"(?P<service>[\s-]?(?:delivery|dispatch|service|shipping))?",
        read_next_day,
        keeps=True,
    ),
)
