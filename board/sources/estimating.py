"""Asking X what a query would bring and cost in a month, for whom may spend the money that the question takes."""

from board import parts
from board.sources.actions import may_act
from board.sources.query_shown import estimate_words, sentence
from board.who import signed_in_member
from core.errors import AfterclickError


def estimated(asked: parts.EstimateAsked) -> str:
    """Ask X and return what it says, or what went wrong."""
    board, member = parts.installed(), signed_in_member()
    if board.estimate is None or member is None or not may_act(member):
        return "Only managers and admins may ask X, as it costs money."
    try:
        return estimate_words(board.estimate(asked))
    except AfterclickError as error:
        return sentence(str(error))
