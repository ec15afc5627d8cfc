"""Narrow brackets of the sharpness-aware empirical risk, one file for each kind of loss; each file has its proof."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_state = threading.local()


@contextmanager
def cheaply() -> Iterator[None]:
    """Within it, brackets are those that cost one climb: for sweeps, where a cell takes less than a narrow bracket."""
    before = closing()
    _state.closing = False
    try:
        yield
    finally:
        _state.closing = before


def closing() -> bool:
    """Whether brackets are to be closed by a search."""
    return getattr(_state, "closing", True)
