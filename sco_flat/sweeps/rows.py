"""What a row of a store is: its fields and its checksum, its key, and the counts of rows by state."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass

from sco_flat.sweeps.cells import canonical

WAITING, DONE, FAILED = 0, 1, 2
TABLES = {
    "about": "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL, sum BLOB NOT NULL) WITHOUT ROWID",
    "cells": "CREATE TABLE cells (key BLOB PRIMARY KEY, place INTEGER, labels TEXT NOT NULL, arguments TEXT NOT NULL, "
    "status INTEGER NOT NULL, result TEXT, message TEXT, microseconds INTEGER, sum BLOB NOT NULL) WITHOUT ROWID",
}
"""No index: a damaged one would hide rows that are sound."""
ALLOWED = ('"allow_outside":true,', '"allow_outside":false,')
UNSAID = f"{{{ALLOWED[1]}"
"""How the arguments of most cells begin."""
FIELDS = ("key", "place", "labels", "arguments", "status", "result", "message", "microseconds")


def sealed(**given: str) -> str:
    """SQL for the checksum of a row of which some fields are given and the others stay."""
    return f"seal({', '.join(f'CAST({given.get(name, name)} AS BLOB)' for name in FIELDS)})"


SOUND = f"sum = {sealed()}"
"""SQL that holds for rows as they were written."""


def seal(*fields: bytes | None) -> bytes:
    """Checksum of the fields of a row."""
    return hashlib.blake2b(repr(fields).encode(), digest_size=8).digest()


@functools.lru_cache(maxsize=8)
def _after(record: tuple[str, ...], version: str) -> str:
    """What stands after the arguments in the text of a key; it is the same for a million cells."""
    return f"{canonical(record)},{canonical(version)}"


def key_of(arguments: str, record: tuple[str, ...], version: str) -> bytes:
    """Hash of everything that a result depends on; what may be run is no part of it."""
    # out of the text, where no value can look like it, and instance or statement come after it; mostly it comes first
    if arguments.startswith(UNSAID):
        arguments = f"{{{arguments[len(UNSAID) :]}"
    else:
        for allowed in ALLOWED:
            arguments = arguments.replace(allowed, "", 1)
    text = f"[{arguments},{_after(record, version)}]"
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def waiting(key: bytes, place: int, labels: str, arguments: str) -> tuple[bytes, int, str, str, bytes]:
    """Fields of a new row, and its checksum: `seal` of them, written down at once where no letter is escaped."""
    if "'" in labels or "\\" in labels or "'" in arguments or "\\" in arguments:
        fields = (labels.encode(), arguments.encode(), str(WAITING).encode(), None, None, None)
        return key, place, labels, arguments, seal(key, str(place).encode(), *fields)
    text = f"({key!r}, b'{place}', b'{labels}', b'{arguments}', b'{WAITING}', None, None, None)"
    return key, place, labels, arguments, hashlib.blake2b(text.encode(), digest_size=8).digest()


@dataclass(frozen=True)
class Counts:
    """Cells of the plan by state, and finished rows of the store that are not in it."""

    waiting: int
    done: int
    failed: int
    beside: int
    damaged: int = 0

    @property
    def total(self) -> int:
        """Cells of the plan."""
        return self.waiting + self.done + self.failed + self.damaged
