"""The configuration as the file has it, to be copied there."""

import json
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def as_toml(table: str, entries: Iterable[Mapping[str, Any]]) -> str:
    """Return `[[table]]` once for each entry; what is empty is left out, as the file may leave it out.

    Reading it again gives the same entries, but for those empty values.
    """
    return "\n".join(f"[[{table}]]\n{_lines(entry)}" for entry in entries)


def _lines(entry: Mapping[str, Any]) -> str:
    return "".join(f"{_key(name)} = {_value(value)}\n" for name, value in entry.items() if not _is_left_out(value))


def _is_left_out(value: object) -> bool:
    return value is None or value in ("", [], {})


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else f'"{_escaped(name)}"'


def _value(value: Any) -> str:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(name)} = {_value(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _text(str(value))


def _text(text: str) -> str:
    if "\n" in text:
        return '"""\n' + "\n".join(_escaped(line) for line in text.split("\n")) + '"""'
    return f'"{_escaped(text)}"'


def _escaped(line: str) -> str:
    """Return the text as it stands between quotes; JSON's escapes are TOML's too, but for DEL and half characters."""
    plain = line.encode(errors="replace").decode()
    return json.dumps(plain, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")
