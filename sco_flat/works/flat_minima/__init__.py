"""The paper's eight theorems: ``theorem7.py`` holds the statement, the defaults and the claims of Theorem 7."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from sco_flat.errors import InputError

if TYPE_CHECKING:
    from sco_flat.works.flat_minima.common import Theorem

NUMBERS = range(1, 9)


def get(number: int) -> Theorem:
    """Return a theorem by its number in arXiv 2511.03548.

    Raises
    ------
    InputError
        If there is no such theorem.
    """
    if number not in NUMBERS:
        raise InputError("theorem", number, "the paper has Theorems 1 to 8", "choose one of them")
    found: Theorem = importlib.import_module(f"sco_flat.works.flat_minima.theorem{number}").THEOREM
    return found
