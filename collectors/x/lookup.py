"""What became of posts of X."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from collectors.x.api import Api, errors_of
from collectors.x.parts import POST_PRICE
from collectors.x.posts import NOT_A_POST, data_of, history_of, is_superseded, to_post, under_id, users_of
from core.types import LookedUp, Post

REASONS: Final = {
    "Not Found Error": "deleted, or its account is gone",
    "Authorization Error": "protected: its author shows it to followers only",
    "Forbidden": "its account is suspended",
}
ABOUT: Final = frozenset({"id", "ids"})  # the other errors are about accounts and posts that came along


def look_up(api: Api, ids: Sequence[str]) -> LookedUp:
    """Return what became of up to 100 posts; each found one with its present words, under the id it was asked by.

    X's pages disagree on whether the id of an earlier version gives that version or the last one; where it is the
    earlier one, the last one is asked for as well.
    """
    asked = list(dict.fromkeys(each for each in ids if each.isascii() and each.isdigit()))
    if not asked:
        return LookedUp()
    answer = api.lookup(asked)
    found, later, returned = _found(answer, {each: each for each in asked})
    gone = {each: why for each, why in _gone(answer).items() if each in asked}
    if later:
        answer = api.lookup(list(later))
        newest, _, more = _found(answer, later)
        found, returned = found | newest, returned + more
        gone |= {later[each]: why for each, why in _gone(answer).items() if each in later}
    gone = {each: why for each, why in gone.items() if each not in found}
    return LookedUp(tuple(found.values()), gone, returned * POST_PRICE)


def _found(answer: Mapping[str, Any], asked: Mapping[str, str]) -> tuple[dict[str, Post], dict[str, str], int]:
    """Return the posts by the id under which they are known, and the last versions that are still to be asked for.

    `asked` says under which id a post is known that was asked by another.
    """
    users, data = users_of(answer), data_of(answer)
    found, later = {}, {}
    for raw in data:
        try:
            history = history_of(raw)
            known = next((asked[each] for each in history if each in asked), "")
            if known and is_superseded(raw):
                later[history[-1]] = known
            elif known:
                found[known] = under_id(to_post(raw, users), known)
        except NOT_A_POST:  # said nothing of: it is asked for again
            continue
    return found, {each: known for each, known in later.items() if known not in found}, len(data)


def _gone(answer: Mapping[str, Any]) -> dict[str, str]:
    gone = {}
    for error in errors_of(answer):
        if error.get("parameter") in ABOUT:
            title = str(error.get("title") or "")
            gone[str(error.get("resource_id") or error.get("value"))] = REASONS.get(title, title or "not shown")
    return gone
