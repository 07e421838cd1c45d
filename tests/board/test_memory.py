"""What the board does to its memory does not stop it, whatever the C library can do."""

import ctypes

import pytest

from board import memory


def test_garbage_is_collected_where_nothing_can_be_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    class Poor:
        """A C library without the two functions."""

    collected: list[bool] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: Poor())
    monkeypatch.setattr(memory.gc, "collect", lambda: collected.append(True))
    memory.share_heaps()
    memory.give_back()
    assert collected == [True]
