"""What X charges for in one run."""

from collectors.x.posts import Answer
from collectors.x.walk import Walk


class Bill:
    """Counts each post of a run once, in whichever of its lists X shows it: the same post is free within a UTC day.

    It remembers the ids of one run, and no more.
    """

    def __init__(self) -> None:
        self._counted = set[int]()

    def cost(self, answer: Answer, price: int, walk: Walk | None = None) -> int:
        """Return what one answer costs, in millionths of a US dollar, at the price of a post.

        What was read before on the same day, as `walk` tells, is free. What has no id to know it by counts in full.
        """
        charged = set(answer.ids) if walk is None else walk.charged(answer.ids)
        new = charged - self._counted
        self._counted.update(answer.ids)
        return (len(new) + answer.returned - len(answer.ids)) * price
