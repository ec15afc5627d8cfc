"""The images of scikit-learn's ``digits``, which come with that package: nothing is downloaded."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import InputError

SIDE, CLASSES = 8, 10
BRIGHTEST = 16.0


@functools.cache
def digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return handwritten digits.

    Returns
    -------
    images, labels : ndarray, shapes (1797, 8, 8) and (1797,)
        Brightness in [0, 1], and the digit. Both are read-only.

    Raises
    ------
    InputError
        Without the extra ``data``.

    Source
        E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, 1998, as scikit-learn ships them.

    Examples
    --------
    >>> images, labels = digits()  # doctest: +SKIP
    >>> images.shape, int(labels[0])  # doctest: +SKIP
    ((1797, 8, 8), 0)
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        mend = 'pip install "sco_flat[data]", or use generated data'
        raise InputError("data", "digits", "scikit-learn, which has the images, is not installed", mend) from None
    found = load_digits()
    images = np.asarray(found.images, dtype=np.float64) / BRIGHTEST
    labels = np.asarray(found.target, dtype=np.int64)
    images.setflags(write=False)
    labels.setflags(write=False)
    return images, labels
