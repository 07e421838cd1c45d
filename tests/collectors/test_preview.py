"""What is shown of a query before anybody is asked: what a source would really ask."""

from collections.abc import Iterable
from typing import Any

import pytest
from pydantic import SecretStr

from collectors import make
from collectors.base import Credentials, SourceConfig
from collectors.preview import CredentialsOf, compiled, reads_mentions_apart
from core.queries import parse_query
from tests.collectors.archive import SECRETS
from tests.collectors.x_answers import MINE

QUERY = "parcelo OR @parcelohelp"


def keys(**given: SecretStr) -> CredentialsOf:
    def credentials_of(_source: str, names: Iterable[str]) -> Credentials:
        return {name: given[name] for name in names if name in given}

    return credentials_of


@pytest.mark.parametrize(
    ("own", "options"),
    [
        (("parcelohelp",), {"mentions": "true"}),
        *(
            (own, options)
            for own in (("parcelohelp",), ("parcelohelp.example",), ())
            for options in ({}, {"mentions": "false"}, {"stream": "true"})
        ),
    ],
)
@pytest.mark.parametrize("more", [MINE, {}])
def test_what_is_shown_is_what_the_source_asks(
    own: tuple[str, ...], options: dict[str, str], more: dict[str, SecretStr]
) -> None:
    config = SourceConfig("s", "x", query=QUERY, own_handles=own, options=options)
    apart = reads_mentions_apart(config, keys(**more))
    (shown, *_) = compiled(parse_query(QUERY), own, mentions_apart=apart)
    source: Any = make(config, SECRETS | more)
    source.close()

    assert shown.parts == tuple(part.query for part in source.parts if part.query)


def test_keys_that_are_not_all_there_and_a_switch_that_is_none_read_nothing_apart() -> None:
    config = SourceConfig("s", "x", query=QUERY, own_handles=("parcelohelp",))
    some = {name: secret for name, secret in MINE.items() if name != "X_ACCESS_SECRET"}

    assert reads_mentions_apart(config, keys(**MINE))
    assert not reads_mentions_apart(config, keys(**some))
    assert not reads_mentions_apart(SourceConfig("s", "x", options={"mentions": "yes"}), keys())
