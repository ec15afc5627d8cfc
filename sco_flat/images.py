"""Images of an optional package: scikit-learn's handwritten digits, which come with it; nothing is downloaded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import InputError


def digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """1797 images of 8 x 8, entries in [0, 1], and their labels 0..9.

    Returns
    -------
    images : ndarray, shape (1797, 8, 8)
    labels : ndarray, shape (1797,)

    Raises
    ------
    InputError
        Where scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        limit = "are the images of scikit-learn, which is not installed"
        raise InputError("data", "digits", limit, 'pip install "sco_flat[data]", or leave it out') from None
    found = load_digits()
    return found.images.astype(np.float64) / 16.0, found.target.astype(np.int64)
