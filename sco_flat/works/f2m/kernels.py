"""Steps of base training in compiled code: what `network.objective` says in NumPy, with the same bits.

A sum over rows of a matrix runs row by row, in their order. A product with a transposed matrix runs in the order of
NumPy's ``einsum``, which `network.objective` takes: two lanes, even entries and odd ones, and in each whole group of
eight the last pair first. The exponentials are NumPy's own, and between the two kernels. Matrices are handed over as
they lie in memory, row by row.
"""

from __future__ import annotations

import numpy as np
from numba import types

from sco_flat._jit import borrowed, helper, kernel
from sco_flat.instances.kernels.four import load_before, store_before
from sco_flat.instances.kernels.four import spread as same
from sco_flat.instances.kernels.lanes import add_multiple
from sco_flat.networks.kernels.passes import affine, spread

EMBEDDED = 12
"""Length of an embedding."""
_vector, _matrix, _stack = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]
_net = (_vector,) * 5
FORWARD = types.void(_matrix, *_net, _matrix, _matrix, _stack, _stack)
BACKWARD = types.void(
    _matrix, types.int64[::1], *_net, _matrix, _matrix, _stack, _stack, _vector, types.float64, types.float64
)


@kernel(FORWARD)
def forward(x, first, offset, second, out, shift, noises, h, z, logits):
    """Write the first layer to ``h``, and for each noise the embedding to ``z`` and the logits."""
    x, first, second, out, h = borrowed(x), borrowed(first), borrowed(second), borrowed(out), borrowed(h)
    noises, z, logits, noisy = borrowed(noises), borrowed(z), borrowed(logits), np.empty(second.size)
    for n in range(x.shape[0]):
        row = h[n]
        affine(x[n], first, 0, row)
        for j in range(row.size):
            u = row[j] + offset[j]
            row[j] = 0.0 if u <= 0.0 else u
    for m in range(noises.shape[0]):
        for j in range(second.size):
            noisy[j] = second[j] + noises[m, j]
        for n in range(x.shape[0]):
            top = logits[m, n]
            affine(h[n], noisy, 0, z[m, n])
            affine(z[m, n], out, 0, top)
            for c in range(top.size):
                top[c] += shift[c]


@helper
def _turn(k, count):
    """The k-th entry of a sum of ``count`` in the order of ``einsum``."""
    return (k & ~7) + 6 - (k & 6) + (k & 1) if k < count & ~7 else k


@helper
def _through(slopes, turned, out):
    """``slopes W'`` for a matrix W whose transpose is given."""
    slopes, turned, out = borrowed(slopes), borrowed(turned), borrowed(out)
    count, width = slopes.size, out.size
    for first in range(0, width, 4):
        even = odd = same(0.0)
        for k in range(0, count, 2):
            d = _turn(k, count)
            row = turned[d * width : (d + 1) * width]
            even = even + same(slopes[d]) * load_before(row, first, width)
            if d + 1 < count:
                row = turned[(d + 1) * width : (d + 2) * width]
                odd = odd + same(slopes[d + 1]) * load_before(row, first, width)
        store_before(out, first, width, even + odd)


@helper
def _turned(matrix, rows, other):
    """Write the transpose of a matrix."""
    columns = other.size // rows
    for i in range(rows):
        for j in range(columns):
            other[j * rows + i] = matrix[i * columns + j]


@helper
def _centres(h, labels, centre, counts):
    """Means of the first layer over the rows of each class; return how many classes have rows."""
    counts[:] = 0
    for n in range(labels.size):
        counts[labels[n]] += 1
    centre[:, :] = 0.0
    for n in range(labels.size):
        add_multiple(centre[labels[n]], 1.0 / counts[labels[n]], h[n])
    return np.count_nonzero(counts)


@helper
def _pulls(centre, counts, present, weight, eps, drift, turned, pulls):
    """Write the slopes of the prototype term in the means of the classes."""
    _turned(eps, centre.shape[1], turned)
    for c in range(counts.size):
        if counts[c] > 0:
            affine(centre[c], eps, 0, drift)
            for d in range(drift.size):
                drift[d] *= 2.0 * weight / present
            _through(drift, turned, pulls[c])


@helper
def _gather(total, own, weights, share, fresh):
    """Add the gradient of a noise, in its share; the first one begins the sum."""
    for j in range(total.size):
        total[j] = (0.0 * weights[j] if fresh else total[j]) + share * own[j]


@kernel(BACKWARD)
def backward(x, labels, first, offset, second, out, shift, noises, h, z, slopes, shares, weight, step_size):
    """Take one step in place: ``slopes`` are those of the logits, and ``weight`` is that of the prototype term."""
    x, labels, noises, h, z = borrowed(x), borrowed(labels), borrowed(noises), borrowed(h), borrowed(z)
    slopes, hidden, classes = borrowed(slopes), offset.size, shift.size
    counts, centre, pulls = np.empty(classes, np.int64), np.empty((classes, hidden)), np.empty((classes, hidden))
    into, back, drift = np.empty(hidden), np.empty(EMBEDDED), np.empty(EMBEDDED)
    noisy, turned, out_turned = np.empty(second.size), np.empty(second.size), np.empty(out.size)
    weights = (borrowed(first), borrowed(offset), borrowed(second), borrowed(out), borrowed(shift))
    own = (np.empty(first.size), np.empty(hidden), np.empty(second.size), np.empty(out.size), np.empty(classes))
    total = (np.empty(first.size), np.empty(hidden), np.empty(second.size), np.empty(out.size), np.empty(classes))
    present = _centres(h, labels, centre, counts)
    _turned(weights[3], EMBEDDED, out_turned)
    for m in range(noises.shape[0]):
        if weight > 0.0:
            _pulls(centre, counts, present, weight, noises[m], drift, turned, pulls)
        for j in range(second.size):
            noisy[j] = second[j] + noises[m, j]
        _turned(noisy, hidden, turned)
        for k in range(5):
            own[k][:] = 0.0
        for n in range(labels.size):
            slope, felt = slopes[m, n], h[n]
            _through(slope, out_turned, back)
            _through(back, turned, into)
            if weight > 0.0:
                add_multiple(into, 1.0 / counts[labels[n]], pulls[labels[n]])
            for j in range(hidden):
                into[j] = into[j] if felt[j] > 0.0 else 0.0
                own[1][j] += into[j]
            spread(x[n], into, 0, own[0], False)
            spread(felt, back, 0, own[2], False)
            spread(z[m, n], slope, 0, own[3], False)
            for c in range(classes):
                own[4][c] += slope[c]
        for k in range(5):
            _gather(total[k], own[k], weights[k], shares[m], m == 0)
    for k in range(5):
        for j in range(weights[k].size):
            weights[k][j] -= step_size * total[k][j]
