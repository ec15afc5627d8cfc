"""Losses over columns of bits: one block of coordinates for each column, and a scalar b."""

from __future__ import annotations

import abc
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sco_flat import columns
from sco_flat._jit import Params, freeze
from sco_flat.instances.base import Loss, whole
from sco_flat.results import Event
from sco_flat.samples import MAX_N, Sample, draw, drawing_bytes, streams


@dataclass(frozen=True)
class BlockLoss(Loss):
    """A loss whose examples are m fair bits, the columns of the sample being codes.

    Attributes
    ----------
    width : int
        Number m of columns, ``2**n`` by default.
    """

    width: int | None = None

    has_blocks: ClassVar[bool] = True
    looks: ClassVar[float | None] = None  # of a run at columns that are not stored, in units of the first one, about

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("n", self.n, 1, MAX_N, f"choose 1 <= n <= {MAX_N} (a column is an n-bit code)")
        if self.width is not None:
            whole("width", self.width, 1, 2**40, "leave it out for m = 2^n")

    @property
    def columns(self) -> int:
        """Number of columns of the sample."""
        return 2**self.n if self.width is None else self.width

    @property
    def m(self) -> int:
        """Number of blocks: one for each column."""
        return self.columns

    @property
    @abc.abstractmethod
    def length(self) -> int:
        """Entries of a block."""

    @property
    def dimension(self) -> int:
        """Dimension d: the blocks and the scalar b."""
        return self.m * self.length + 1

    def draw(self, event: str, seed: int) -> Sample:
        """Draw the columns."""
        stream = streams(seed, "sample")["sample"]
        if self.streamed:
            return columns.draw(self.n, self.m, self.bad_code, event, stream, 1.0 + (self.looks or 0.0))
        return draw(self.n, self.columns, self.bad_code, event, stream, getattr(self, "density", 0.5))  # type: ignore[arg-type]

    def sample_bytes(self) -> float:
        """See ``Loss.sample_bytes``."""
        return drawing_bytes(self.n, self.m)

    @property
    def streamed(self) -> bool:
        """Whether the columns of a sample are not stored, but made again whenever they are looked at."""
        fair = getattr(self, "density", 0.5) == 0.5
        return self.looks is not None and fair and columns.streamable(self.n, self.m)

    def example(self, sample: Sample, k: int) -> NDArray[np.int64]:
        """Bits of example k."""
        return np.asarray(sample.codes >> k & 1, dtype=np.int64)

    def trials(self, rng: np.random.Generator, count: int) -> list[NDArray[np.int64]]:
        """All zeros, all ones, and fair bits."""
        drawn = rng.integers(0, 2, size=(count, self.columns), dtype=np.int64)
        return [np.zeros(self.columns, dtype=np.int64), np.ones(self.columns, dtype=np.int64), *drawn]

    def repeated(self, z: NDArray[np.int64]) -> Sample:
        """Columns that are constant."""
        return Sample(np.asarray(z, dtype=np.int64) * ((1 << self.n) - 1), self.n, Event("free", (), 1.0))

    def without(self, sample: Sample, i: int) -> tuple[Loss, Sample]:
        """See ``Loss.without``."""
        changed: dict[str, Any] = {"n": self.n - 1, "width": sample.width} | self.pinned()
        if isinstance(sample, columns.Streamed):
            return replace(self, **changed), sample.without(i)
        low = sample.codes & ((1 << i) - 1)
        codes = low | (sample.codes >> (i + 1) << i)
        n = self.n - 1
        bad = 0 if self.bad_code == 0 else (1 << n) - 1
        places = tuple(np.flatnonzero(codes == bad).tolist())
        return replace(self, **changed), Sample(codes, n, Event("free", places, 1.0), sample.idle + 1)

    def pinned(self) -> dict[str, float]:
        """Constants of the loss that depend on n, as options that fix them."""
        return {}

    def resolved(self) -> dict[str, Any]:
        """See ``Loss.resolved``."""
        return super().resolved() | {"width": self.columns}

    @property
    @abc.abstractmethod
    def bad_code(self) -> int:
        """Code of a bad column."""

    @abc.abstractmethod
    def constants(self) -> tuple[float, ...]:
        """Scalars for the kernels."""

    @abc.abstractmethod
    def weights(self) -> NDArray[np.float64]:
        """Per-entry weights, shape (length + 1,), the last one unused."""

    @abc.abstractmethod
    def awake(self, sample: Sample) -> NDArray[np.int64]:
        """Blocks that the blocks engine stores from the start."""

    def params(self, sample: Sample, rows: NDArray[np.int64]) -> Params:
        """Pack the instance for the kernels."""
        full = rows.size == self.m
        unseen = isinstance(sample, columns.Streamed) and not full
        return Params(
            self.n,
            self.m,
            self.length,
            0 if full or unseen else self.passive,
            freeze(sample.at(rows), np.int64) if unseen else sample.codes,
            freeze(rows, np.int64),
            freeze(np.append(self.weights(), np.zeros(8)), np.float64),  # kernels read some at a time
            freeze(self.constants(), np.float64),
        )
