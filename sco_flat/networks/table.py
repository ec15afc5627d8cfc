"""The sample of a network: its examples, and the points on which the law of z is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sco_flat.networks.base import Array
from sco_flat.samples import Examples


@dataclass(frozen=True, eq=False)
class Table(Examples):
    """A sample, and the points on which the law of z is looked at.

    Parameters
    ----------
    law_inputs, law_labels : ndarray
        All points of the law, each as likely as the others, where it is enumerated; else fresh ones.
    fresh : ndarray of bool
        Those of them that are not in the sample.
    """

    law_inputs: Array = None  # type: ignore[assignment]
    law_labels: Array = None  # type: ignore[assignment]
    fresh: NDArray[np.bool_] = None  # type: ignore[assignment]

    any_batch: ClassVar[bool] = True
