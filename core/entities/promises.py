"""Telling by the words around a date whether somebody promised it, and whether it is past."""

import re
from typing import Final, NamedTuple

_WINDOW: Final = 100  # characters of the sentence that are read before a date
_AFTER: Final = 40  # and after it
_BREAK: Final = re.compile(r"[.!?…]+(?=[\s\"')]|$)|[\n;]")

# Pieces of _CUE, which is verbose: a space is written [ ] when they are put in.
_ADVERB: Final = (
    r"(?:definitely|hopefully|probably|now|then|also|still|finally|all|both|personally|aim to|try to|look to)"
)
_ARRIVE: Final = (
    r"(?:arrive|(?:be )?(?:here|there|with (?:you|me|us)|out (?:for|to you)|home)|come|get (?:here|it|to|this|back)"
    r"|reach|land|turn up|show up|deliver|redeliver|collect|dispatch|ship|refund|receive"
    r"|have (?:it|them|this|your|my|been)|hear|call|ring|phone|e-?mail|contact|be (?:delivered|redelivered|collected"
    r"|picked up|sent|shipped|dispatched|refunded|credited|issued|processed|resolved|sorted|fixed|replaced|delivering"
    r"|arriving|coming|in touch|back in touch|back to|contacted|called|updated|getting|receiving|ready|posted|in stock"
    r"|in your|completed))"
)
_SERVE: Final = (
    r"(?:get (?:back|this|it|that|your|in touch)|come back to|be (?:back )?in touch"
    r"|(?:call|ring|phone|contact|message|dm|e-?mail|update|refund|reply to|answer)\b"
    r"(?! (?:them|him|her|trading|the police|your))|let you know|reply|respond|follow up|send (?:you|out|a|your|an)"
    r"|deliver|redeliver|dispatch|ship|replace|resolve|fix|sort|collect|investigate|look into|chase|process|issue"
    r"|arrange|have (?:this|it|that|your|an|a|someone|news)|make sure|ensure|give you)"
)
_TOLD: Final = (
    r"(?:said|says?|told|tells?|claim(?:ed|s)|quoted|confirm(?:ed|s)?|advised?|stat(?:ed|es)|texted|e-?mailed|inform(?:ed|s)"
    r"|notified|assur(?:ed|es)|swore|agreed)"
)
_CUE: Final = re.compile(
    r"""
      \bpromis(?:ed?|es|ing)\b | \bguarante(?:ed?|es)\b | \bassur(?:ed|es)\b
    | (?<!\bi'm[ ])(?<!\bi[ ]am[ ])(?<!\bi[ ]was[ ])(?<!\bwe're[ ])(?<!\bwe[ ]were[ ])(?<!\bi[ ]were[ ])
      \b(?:supposed|meant)[ ]to\b
    | \b(?:supposed|meant)[ ]to[ ](?:get|receive|have|hear|be[ ](?:getting|receiving))
    | \bdue\b(?![ ]to[ ](?!be\b|arrive|come|land|get|reach)) | \bscheduled\b
    | \bexpect(?:ed|ing)?[ ](?:delivery|arrival|date|by|on|to[ ](?:be|arrive|come)|your)\b
    | \b(?:was|were|is|are)[ ]expected\b | \bestimated\b | \beta\b
    | (?<!\bi[ ])(?<!\bwe[ ])\bshould(?:'ve|[ ]have)?[ ](?:ADVERB[ ])?
      (?:been|come|got|had|arrived|received|ARRIVE)\b
    | \bshould(?:'ve|[ ]have)[ ](?:had|got|received|heard)\b
    | \bTOLD\b[^.!?]{0,60}?(?:\b(?:will|would|to[ ]expect|going[ ]to|gonna|deliver\w*|arriv\w+|coming|due|by|for)\b
      |'ll\b|'d\b)
    | (?:(?<!\bi[ ])(?<!\bwe[ ])\b(?:will|would|shall|gonna|going[ ]to)|(?<!\bi)(?<!\bwe)(?:'ll|'d))[ ]
      (?:ADVERB[ ]){0,2}ARRIVE\b
    | (?<!\bi[ ])(?<!\bwe[ ])\b(?:won't|wouldn't|will[ ]not|would[ ]not)\b[^.!?]{0,40}\b(?:until|till|before)\b
    | \b(?:i|we)(?:'ll|[ ](?:will|shall|can|aim[ ]to|hope[ ]to|expect[ ]to|should|intend[ ]to))[ ]
      (?:ADVERB[ ]){0,2}SERVE
    | \b(?:i'm|we're|we[ ]are|i[ ]am)[ ](?:going|aiming|hoping)[ ]to[ ](?:ADVERB[ ])?SERVE
    | \b(?:aim|aims|aiming)[ ]to[ ](?:ADVERB[ ])?SERVE
    | \bplease[ ]allow\b | \bexpect[ ](?:a|an|it|your|delivery|to[ ]hear)\b
    | \byou[ ]can[ ]expect\b | \barriving\b | \bout[ ]for[ ]delivery\b
    | \b(?:delivery|refund|collection|arrival)[ ](?:(?:date|day|slot|window|estimate)[ ](?:is|was|of|for|on)|is)\b
    | \b(?:(?:said|says|quoted)|TOLD[ ](?:me|us|you))[ ]$
    | \b(?:paid|pay|paying|booked|selected|chose|picked|charged|offers?|offered)\b(?=[^.!?]{0,25}$)
    """.replace("ADVERB", _ADVERB.replace(" ", "[ ]"))
    .replace("ARRIVE", _ARRIVE.replace(" ", "[ ]"))
    .replace("SERVE", _SERVE.replace(" ", "[ ]"))
    .replace("TOLD", _TOLD),
    re.IGNORECASE | re.VERBOSE,
)
# What lets a cue stand before a day that is over: "due yesterday", but not "promised a refund yesterday".
_HELD: Final = re.compile(
    r"(?i)\b(?:supposed|meant|due|scheduled|expected|estimated|should|would|will|guaranteed|delivery|eta|by|for)\b|'ll\b|'d\b"
)
# What a bare "next day" needs before it; "paid for next day" counts there alone.
_BOUGHT: Final = re.compile(r"(?i)(?:paid|pay|paying|booked|selected|chose|picked|charged|offers?|offered)")
_AFTERWARDS: Final = re.compile(
    r"(?i)[\s,(-]{0,3}(?:delivery\s)?(?:guaranteed\b|as (?:was )?(?:promised|agreed|stated|advertised|scheduled)\b"
    r"|(?:was|is) (?:promised|guaranteed|the (?:promise|delivery date|estimate))\b"
    r"|(?:they|you|he|she) (?:said|promised|told)\b|is what (?:they|you) (?:said|promised)\b)"
)
_DENIED: Final = re.compile(r"(?i)(?:\bnot\b|n't\b|\bnever\b|\bno longer\b|\bunable\b|\brefus\w+)")
_UNTIL: Final = re.compile(r"(?i)\b(?:until|till|before)\s?$")
_DENIED_CUE: Final = re.compile(r"(?i)(?:\bnever|\bnot|n't)\s(?:\w+\s)?$")
_PAST: Final = re.compile(
    r"""(?ix)
    \b(?:didn't|hadn't|wasn't|weren't|had|did|never|since|came|went|bought|left|sent|took|got|paid|last|ago|has|have
    |(?!promised|guaranteed|assured|scheduled|expected|estimated|need|confirmed|supposed|delayed|booked)\w{2,20}ed)\b
    |'ve\b | \b(?:told|said|says)\b[^.]{0,20}\bon\s$
    """
)
_CERTAIN_PAST: Final = re.compile(
    r"(?i)\b(?:was|were|wasn't|weren't)\s(?:originally\s)?(?:supposed|meant|due|scheduled|expected|to|estimated)\b"
    r"|\bshould(?:'ve|\shave)\b"
)
_FUTURE: Final = re.compile(
    r"(?i)\b(?:will|going to|gonna|need|can|could|please|shall|must|leaving|is due|are due|am)\b|'ll\b"
)
_HOPED: Final = re.compile(r"(?i)\b(?:by|for|until|till|before|would|wants?|hope|hoping|to)\b|'d\b")
_STILL: Final = re.compile(
    r"(?i)[\s,.-]{0,3}(?:and|but|yet)?\s?(?:it\s|i\s|we\s)?(?:still\s(?:not|no|nothing|wait|hasn't|haven't|isn't)|never\s"
    r"|nothing|no\ssign|didn't|came and went|hasn't|haven't)"
)


class Surroundings(NamedTuple):
    """The words of the sentence before and after a date."""

    before: str
    after: str


def surroundings(text: str, start: int, end: int) -> Surroundings:
    """Return what stands around `text[start:end]` in its own sentence, at most some words of it.

    `text` has plain apostrophes and spaces.
    """
    before = text[max(0, start - _WINDOW) : start]
    breaks = list(_BREAK.finditer(before))
    after = text[end : end + _AFTER]
    before = before[breaks[-1].end() :] if breaks else before
    return Surroundings(before, after)


def is_promised(around: Surroundings, is_over: bool = False, is_next_day: bool = False) -> bool:
    """Return whether somebody promised the date in the middle.

    `is_over` says that its words alone make it past ("yesterday"): then the promise must be for it, not on it.
    `is_next_day` is for "next day", which people pay for.
    """
    if _AFTERWARDS.match(around.after):
        return True
    cues = [cue for cue in _CUE.finditer(around.before) if is_next_day or not _BOUGHT.fullmatch(cue[0])]
    for cue in reversed(cues):
        between = around.before[cue.end() :]
        is_denied = _DENIED.search(cue[0] + between) and not _UNTIL.search(cue[0] + between)
        if is_denied or _DENIED_CUE.search(around.before[: cue.start()]):
            continue
        if not is_over or _HELD.search(around.before[cue.start() :]):
            return True
    return False


class Tense(NamedTuple):
    """Whether a bare weekday or day of the month lies back, and whether the words leave no doubt."""

    is_past: bool
    is_certain: bool


def tense(around: Surroundings) -> Tense:
    """Return where the words around a date put it; without any, ahead and in doubt."""
    if _CERTAIN_PAST.search(around.before) or _STILL.match(around.after):
        return Tense(is_past=True, is_certain=True)
    past = max((found.end() for found in _PAST.finditer(around.before)), default=0)
    future = max((found.end() for found in _FUTURE.finditer(around.before)), default=0)
    hoped = max((found.end() for found in _HOPED.finditer(around.before)), default=0)
    if future > past:
        return Tense(is_past=False, is_certain=True)
    if past > hoped:
        return Tense(is_past=True, is_certain=True)
    return Tense(is_past=False, is_certain=False)
