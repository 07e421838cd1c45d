"""The brand's accounts on X: their numbers, and what a post of their timelines costs."""

import logging

from collectors.x.api import Api, UnknownAccountError
from collectors.x.parts import OWNED_PRICE, POST_PRICE, USER_PRICE, Part

_log = logging.getLogger(__name__)


class Accounts:
    """Looks each account up once in a source's life, at a cent; what X does not know is asked for once a run."""

    def __init__(self, api: Api, source: str) -> None:
        self._api, self._source = api, source
        self._unknown = set[str]()

    def number(self, part: Part, known: dict[str, str]) -> tuple[str, int]:
        """Return the number of the part's account, and what X charged for it; `known` learns it.

        The number is "" for a search, and where X has no such account and the source reads it by default only, as a
        brand's handle may be one of another platform. Where it was asked for, `UnknownAccountError` is raised.
        """
        handle = part.handle.lower()
        number = part.user_id or known.get(handle, "")
        if number or not part.timeline or handle in self._unknown:
            return number, 0
        try:
            known[handle] = self._api.user_id(part.handle)
        except UnknownAccountError as error:
            if part.is_asked_for:
                raise
            _log.info("%s: %s Its timelines are not read.", self._source, error)
            self._unknown.add(handle)
            return "", 0
        return known[handle], USER_PRICE

    def price(self, number: str) -> int:
        """Return what a post of a list costs: of a timeline of the account with this number, or of search ("")."""
        return OWNED_PRICE if number and number == self._api.me else POST_PRICE
