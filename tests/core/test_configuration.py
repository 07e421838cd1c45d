"""A configuration file is taken whole or refused with what is wrong."""

from datetime import timedelta
from typing import Any

import pytest

from core.configuration import parse_configuration
from core.errors import ConfigError

BRAND = {"name": "Parcelo", "managers": ["ops@parcelo.example"]}
ANN = {"email": "ann@team.example", "name": "Ann"}
RULE = {"name": "All", "team": "Day"}
SOURCE = {"name": "x-parcelo", "brand": "Parcelo", "platform": "x", "query": "parcelo", "every": "2m"}


def test_a_good_file_is_understood() -> None:
    configuration = parse_configuration({"brands": [BRAND], "sources": [SOURCE | {"base_url": "http://127.0.0.1:1"}]})
    assert configuration.sources[0].every == timedelta(minutes=2)
    assert configuration.brands[0].timezone == "UTC"


def test_nothing_at_all_is_a_configuration() -> None:
    assert parse_configuration({}).brands == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"brand": [BRAND]}, "brand: unknown key; did you mean 'brands'?"),
        ({"brands": [BRAND | {"handels": []}]}, "brands \"Parcelo\" handels: unknown key; did you mean 'handles'?"),
        ({"brands": [BRAND | {"zzz": 1}]}, "unknown key; known are name, handles"),
        ({"brands": [BRAND], "sources": [SOURCE | {"every": "soon"}]}, 'write a number and s, m, h or d, such as "2m"'),
        ({"brands": [BRAND], "sources": [SOURCE | {"every": "0s"}]}, "must be from 1s to 31d"),
        ({"brands": [BRAND], "sources": [SOURCE | {"every": "99999999999d"}]}, "must be from 1s to 31d"),
        ({"brands": [BRAND | {"handles": ["@"]}]}, "an empty handle"),
        ({"brands": [BRAND], "sources": [SOURCE | {"brand": "Parcel"}]}, "did you mean 'Parcelo'?"),
        ({"brands": [BRAND, BRAND]}, "'Parcelo' stands twice"),
        ({"brands": [BRAND | {"threshold": "few"}]}, "brands \"Parcelo\" threshold: write 'balanced', 'few_misses'"),
        ({"brands": [BRAND | {"threshold": 1}]}, "or a number from 0.05 to 0.95"),
        (
            {"brands": [BRAND], "sources": [SOURCE | {"may_train": "perhaps"}]},
            "may_train: Input should be a valid bool",
        ),
        ({"brands": [BRAND | {"timezone": "Mars/Olympus"}]}, "'Mars/Olympus' is no time zone"),
        ({"brands": [BRAND | {"managers": ["a@b.example\nBcc: x@y.example"]}]}, "is no e-mail address"),
        ({"brands": [{"handles": []}]}, "brands number 1 name: Field required"),
        ({"members": [{"email": "a@b.example", "name": "A", "role": "boss"}]}, "'responder', 'manager' or 'admin'"),
        ({"brands": [BRAND | {"hours": ["mon 9"]}]}, 'brands "Parcelo" hours: "mon 9": \'9\' is no span of time'),
        ({"members": [ANN | {"shift": ["noon"]}]}, 'members "Ann" shift: "noon" does not say when'),
        ({"members": [ANN | {"timezone": "Mars"}]}, "'Mars' is no time zone"),
        ({"members": [ANN | {"notify": "hourly"}]}, "'at_once', 'bundled' or 'never'"),
        ({"members": [ANN | {"most_case": 4}]}, "did you mean 'most_cases'?"),
        ({"teams": [{"name": "Day", "members": ["ann"]}]}, "'ann' is no e-mail address"),
        ({"teams": [{"name": "Day"}, {"name": "Day"}]}, "'Day' stands twice"),
        ({"routing": [{"name": "All"}]}, 'routing "All": sends to nobody; name a team or a member'),
        ({"routing": [RULE | {"reason": "lates"}]}, "there is no reason 'lates'; did you mean 'late'?"),
        ({"routing": [RULE | {"least_severity": 5}]}, "least_severity: Input should be less than or equal to 4"),
        ({"routing": [RULE | {"severity": 2}]}, "did you mean 'least_severity'?"),
        ({"suppliers": [{"name": "Lamps", "contact": "a@b.example, c@d.example"}]}, "is no e-mail address"),
        ({"brands": "Parcelo"}, "brands: Input should be a valid list"),
    ],
)
def test_what_is_wrong_is_named(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=None) as refused:
        parse_configuration(data)
    assert message in str(refused.value)
