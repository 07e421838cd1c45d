"""What is told of incidents, with each word fit to stand in a message, whoever chose it."""

from dataclasses import replace

from alerts.telling import Told, ToldIncident, ToldItem
from alerts.words import own_words, strangers_words

LONGEST_NAME = 60  # letters of a brand, a courier, an author


def cleaned(told: Told) -> Told:
    """Return the same with every word on one line, not too long, and without what is not seen."""
    return replace(told, incidents=tuple(map(_incident, told.incidents)))


def _incident(told: ToldIncident) -> ToldIncident:
    return replace(
        told,
        brand=own_words(told.brand, LONGEST_NAME),
        rule=own_words(told.rule, 100),
        title=own_words(told.title, 150),
        summary=own_words(told.summary),
        details=tuple(map(own_words, told.details[:10])),
        repeats_after=own_words(told.repeats_after, LONGEST_NAME),
        items=tuple(map(_item, told.items)),
    )


def _item(item: ToldItem) -> ToldItem:
    return replace(
        item,
        words=own_words(item.words),
        excerpt=strangers_words(item.excerpt),
        author=strangers_words(item.author, LONGEST_NAME),
        platform=own_words(item.platform, LONGEST_NAME),
        language=own_words(item.language, 20),
        courier=own_words(item.courier, LONGEST_NAME),
    )
