"""Columns that nobody stores: the code of each is made again from its place whenever it is looked at.

NumPy's Philox generator depends on its key and a counter alone. `Columns` remembers where in the stream the code of
each column is, and what one look at all of them has found: how many have how many ones, and which are constant.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from sco_flat import memory, patience
from sco_flat.cores import cores
from sco_flat.instances.kernels import columns as kernels
from sco_flat.results import Event
from sco_flat.samples import EventKind, Sample, drawing_bytes, event_probability, first_bad
from sco_flat.vocabulary import word

STRETCH = kernels.STRETCH
"""Columns that a thread works through at a time; sums over columns are taken stretch by stretch on every engine."""
STORED = 2**22
"""Columns that are stored, whatever is done with them."""
MANY = 64
"""Stretches of which the first one is timed, before the others are looked at."""
WIDE = 32
"""Codes of more bits are made of words of 64."""
ROOM = 2**14
"""Constant columns that a stretch may have; see `streamable`."""
AT_ONCE = 512
"""Stretches that are handed to the threads before their results are taken."""
NONE = 2**62
"""A code that no column has."""
T = TypeVar("T")
Codes = NDArray[np.int64]


def streamable(n: int, width: int) -> bool:
    """Whether so many columns are a stream.

    They are where there are more than `STORED`, and few of a stretch are constant: `ROOM` is eight times their mean.
    """
    return width > STORED and n >= 2 and (n >= 10 or width <= ROOM)


def spread(what: str, function: Callable[[int], T], count: int) -> Iterator[T]:
    """Yield ``function(0) .. function(count - 1)`` in order, made by one thread for each core, and show how far it is.

    Parameters
    ----------
    what : str
        What is counted, for `patience.Watch`.
    function : callable
        Runs kernels, which let other threads run.
    count : int
        How often.
    """
    if count == 1 or cores() == 1 or not patience.in_front():  # workers and their threads share the cores already
        yield from patience.track(map(function, range(count)), count, what)
        return
    with ThreadPoolExecutor(cores()) as pool:
        parts = (pool.map(function, range(at, min(at + AT_ONCE, count))) for at in range(0, count, AT_ONCE))
        yield from patience.track((found for part in parts for found in part), count, what)


@dataclass(frozen=True, eq=False)
class Columns:
    """The codes of a sample as a stream, in the order in which `sco_flat.samples.draw` draws them.

    Parameters
    ----------
    key : ndarray of uint64, shape (2,)
        Of Philox, whose counter starts at 0.
    n, width : int
        Bits of a code as drawn, at least 2, and the number of columns.
    bad : int
        The code of a bad column, all zeros or all ones.
    first : int
        Column ``first`` is bad and none before it; ``width`` where none is, -1 where all are left to chance.
    skipped : int
        Words of the stream that were used before.
    one : bool
        Whether one column is made bad at the end, at a place that is drawn last.
    looks : float
        What a run takes, in units of one look at all columns, about.
    lost : tuple of int
        Examples that are taken out of the codes, one after the other.

    Attributes
    ----------
    pieces : ndarray of int64, shape (p, 4)
        See `sco_flat.instances.kernels.columns`.
    ones : ndarray of int64, shape (64,)
        How many columns have how many ones.
    zeros, full : ndarray of int64
        Columns without a one, and those without a zero, ascending.
    """

    key: NDArray[np.uint64]
    n: int
    width: int
    bad: int
    first: int
    skipped: int
    one: bool = False
    looks: float = 1.0
    lost: tuple[int, ...] = ()
    pieces: Codes = field(init=False)
    ones: Codes = field(init=False)
    zeros: Codes = field(init=False)
    full: Codes = field(init=False)

    def __post_init__(self) -> None:
        found = _Survey(self)
        if self.first >= 0:
            found.draw(self.first, (1 << self.n) - 1, self.bad)
        if 0 <= self.first < self.width:
            found.put_bad()
        found.draw(self.width - found.column, 1 << self.n, NONE)
        if self.one:
            found.make_bad(int(_generator(self.key, found.word, self.wide).integers(0, self.width)))
        object.__setattr__(self, "pieces", found.pieces())
        object.__setattr__(self, "ones", found.ones)
        object.__setattr__(self, "zeros", np.array(sorted(found.zeros), dtype=np.int64))
        object.__setattr__(self, "full", np.array(sorted(found.full), dtype=np.int64))

    @property
    def bits(self) -> int:
        """Bits of a code that are left."""
        return self.n - len(self.lost)

    @property
    def wide(self) -> bool:
        """Whether words have 64 bits."""
        return self.n > WIDE

    @property
    def gone(self) -> Codes:
        """``lost``, for kernels."""
        return np.array(self.lost, dtype=np.int64)

    @property
    def stream(self) -> tuple[Any, ...]:
        """The arguments of kernels that begin with them."""
        return self.pieces, self.key, self.wide, self.gone

    def between(self, begin: int, end: int) -> Codes:
        """Codes of the columns begin .. end - 1."""
        out = np.empty(end - begin, dtype=np.int64)
        kernels.codes(*self.stream, begin, out)
        return out

    def at(self, places: Codes) -> Codes:
        """Codes of some columns."""
        return np.array([self.between(i, i + 1)[0] for i in np.asarray(places).tolist()], dtype=np.int64)

    def without(self, i: int) -> Columns:
        """Take example i out of all codes, and look at all of them again."""
        return replace(self, lost=(*self.lost, i))

    def all(self) -> Codes:
        """Every code, for whoever has asked for the memory."""
        out = np.empty(self.width, dtype=np.int64)

        def one(k: int) -> None:
            kernels.codes(*self.stream, k * STRETCH, out[k * STRETCH : (k + 1) * STRETCH])

        for _ in spread("stretches of columns", one, -(-self.width // STRETCH)):
            pass
        return out


class Streamed(Sample):
    """A sample whose codes are not stored; all of them are made, and kept, where somebody asks for ``codes``.

    Parameters
    ----------
    columns : Columns
        The stream.
    event : Event
        As of `sco_flat.samples.Sample`.
    idle : int
        As of `sco_flat.samples.Sample`.
    """

    columns: Columns
    kept: dict[Any, Any]

    def __init__(self, columns: Columns, event: Event, idle: int = 0) -> None:
        # `kept` is what further looks at all columns have found, for whoever looks
        vars(self).update(columns=columns, n=columns.bits, event=event, idle=idle, kept={})

    def __reduce__(self) -> tuple[object, ...]:
        return Streamed, (self.columns, self.event, self.idle)

    @property
    def width(self) -> int:
        """The number of columns ``m``."""
        return int(self.columns.width)

    @functools.cached_property
    def codes(self) -> Codes:
        """All codes.

        Raises
        ------
        InputError
            If they do not fit into memory.
        """
        mend = "leave out what has to see all columns at once, or take a smaller n"
        memory.ask(drawing_bytes(self.n, self.width), mend)
        found: Codes = self.columns.all()
        found.setflags(write=False)
        return found

    def at(self, places: Codes) -> Codes:
        """Codes of some columns."""
        return self.columns.at(places)

    def constant(self) -> tuple[Codes, Codes]:
        """Columns without a one, and those without a zero, ascending."""
        return self.columns.zeros, self.columns.full

    def ones(self) -> Codes:
        """How many columns have 0, 1 .. n ones."""
        return self.columns.ones[: self.n + 1]

    def without(self, i: int) -> Streamed:
        """Put an example of zero loss in place of example i."""
        left = self.columns.without(i)
        bad = left.full if left.bad else left.zeros
        return Streamed(left, Event("free", tuple(bad.tolist()), 1.0), self.idle + 1)

    def stored(self) -> Sample:
        """The same sample with all its codes."""
        return Sample(self.codes, self.n, self.event, self.idle)


def draw(n: int, width: int, bad_code: int, event: str, rng: np.random.Generator, looks: float = 1.0) -> Streamed:
    """Draw what `sco_flat.samples.draw` draws with fair bits, without storing it.

    Parameters
    ----------
    n, width, bad_code, event
        As there; the bad code is all zeros or all ones.
    rng : numpy.random.Generator
        Of Philox, not used yet.
    looks : float
        What a run takes, in units of one look at all columns, about.

    Raises
    ------
    InputError
        If a look at all columns takes too long.

    Examples
    --------
    >>> import numpy as np
    >>> from sco_flat import columns, samples
    >>> one, other = (samples.streams(7, "sample")["sample"] for _ in range(2))
    >>> bool(np.array_equal(columns.draw(6, 64, 0, "one", one).codes, samples.draw(6, 64, 0, "one", other).codes))
    True
    """
    kind: EventKind = word("event", event, get_args(EventKind))  # type: ignore[assignment]
    key = np.array(rng.bit_generator.state["state"]["key"], dtype=np.uint64)
    first, skipped = {"free": -1, "one": width}.get(kind, 0), 0
    if kind == "any":
        first, skipped = first_bad(width, math.ldexp(1.0, -n), rng), 1 if n > WIDE else 2
    found = Columns(key, n, width, bad_code, first, skipped, kind == "one", looks)
    bad = found.full if bad_code else found.zeros
    return Streamed(found, Event(kind, tuple(bad.tolist()), event_probability(n, width, kind, bad_code)))


def _generator(key: NDArray[np.uint64], word: int, wide: bool) -> np.random.Generator:
    """Return NumPy's generator as it is when it has given so many words."""
    made = np.random.Philox(key=key)
    state: Any = made.state
    each = 4 if wide else 8
    counter = [word // each >> 64 * k & (2**64 - 1) for k in range(4)]
    state["state"]["counter"] = np.array(counter, dtype=np.uint64)
    made.state = state
    found = np.random.Generator(made)
    if wide:
        found.integers(0, 2**64 - 1, size=word % each, dtype=np.uint64, endpoint=True)
    else:
        found.integers(0, 2**32 - 1, size=word % each, dtype=np.uint32, endpoint=True)
    return found


class _Survey:
    """One look at all columns, piece by piece."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.word, self.column = columns.skipped, 0
        self.table: list[list[int]] = []
        self.ones = np.zeros(64, dtype=np.int64)
        self.zeros: set[int] = set()
        self.full: set[int] = set()

    def pieces(self) -> Codes:
        """The table."""
        return np.array(self.table, dtype=np.int64).reshape(-1, 4)

    def _begin(self, piece: list[int]) -> None:
        if self.table and self.table[-1][kernels.BEGIN] == piece[kernels.BEGIN]:
            self.table.pop()  # it has no column
        self.table.append(piece)

    def draw(self, count: int, size: int, bad: int) -> None:
        """Draw columns below ``size``; a word that is refused asks for another one at the end."""
        end = self.column + count
        while self.column < end:
            self._look(end - self.column, size, bad)

    def _look(self, count: int, size: int, bad: int) -> None:
        """Look at so many words."""
        c, begin, offset = self.columns, self.word, self.word - self.column
        self._begin([self.column, offset, size, bad])

        def one(k: int) -> tuple[Codes, Codes, Codes]:
            length = min(STRETCH, count - k * STRETCH)
            ones, room, refused = (np.zeros(k, dtype=np.int64) for k in (64, ROOM, ROOM))
            found, gone = kernels.survey(
                c.key, c.wide, c.gone, c.bits, size, bad, begin + k * STRETCH, length, ones, room, refused
            )
            if found < 0:
                raise RuntimeError("more constant columns in a stretch than streamable() foresees")
            return ones, room[:found], refused[:gone]

        stretches = -(-count // STRETCH)
        if stretches >= MANY:
            _ = one(0)  # it may be compiled
            since = time.perf_counter()
            one(0)
            seconds = (time.perf_counter() - since) * stretches / cores() * c.looks
            patience.ahead("columns", c.width, seconds)
        for ones, constant, refused in spread("stretches of columns", one, stretches):
            self.ones += ones
            words = np.where(constant < 0, ~constant, constant)
            places = words - offset - np.searchsorted(refused, words)
            self.zeros.update(places[constant >= 0].tolist())
            self.full.update(places[constant < 0].tolist())
            for gone in refused.tolist():
                offset += 1
                self._begin([gone + 1 - offset, offset, size, bad])
        self.word = begin + count
        self.column = self.word - offset

    def _constant(self, place: int) -> None:
        bad = self.columns.bad
        self.ones[self.columns.bits if bad else 0] += 1
        (self.full if bad else self.zeros).add(place)

    def put_bad(self) -> None:
        """The next column is bad."""
        self._begin([self.column, 0, 0, self.columns.bad])
        self._constant(self.column)
        self.column += 1

    def make_bad(self, place: int) -> None:
        """Make a column bad that was drawn."""
        out = np.empty(1, dtype=np.int64)
        kernels.codes(self.pieces(), self.columns.key, self.columns.wide, self.columns.gone, place, out)
        self.ones[int(out[0]).bit_count()] -= 1
        self.zeros.discard(place)
        self.full.discard(place)
        self._constant(place)
        k = int(np.searchsorted(self.pieces()[:, kernels.BEGIN], place, side="right")) - 1
        begin, *rest = self.table[k]
        end = self.table[k + 1][kernels.BEGIN] if k + 1 < len(self.table) else self.columns.width
        parts = [[begin, *rest], [place, 0, 0, self.columns.bad], [place + 1, *rest]]
        self.table[k : k + 1] = parts[place == begin : 3 if place + 1 < end else 2]
