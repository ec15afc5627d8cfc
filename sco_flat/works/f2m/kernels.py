"""Steps of base training in compiled code: what `network.objective` says in NumPy, with the same bits.

A sum over rows of a matrix runs row by row, in their order. A product with a transposed matrix runs in the order of
NumPy's ``einsum``, which `network.objective` takes: two lanes, even entries and odd ones, and in each whole group of
eight the last pair first. The exponentials are NumPy's own, and between the two kernels.
"""

from __future__ import annotations

import numpy as np
from numba import types

from sco_flat._jit import helper, kernel

EMBEDDED = 12
"""Length of an embedding; written out, so that loops over it are unrolled."""
_vector, _matrix, _stack = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]
_net = (_matrix, _vector, _matrix, _matrix, _vector)
FORWARD = types.void(_matrix, *_net, _stack, _matrix, _stack, _stack)
BACKWARD = types.void(
    _matrix, types.int64[::1], *_net, _stack, _matrix, _stack, _stack, _vector, types.float64, types.float64
)


@helper
def _turn(k, count):
    """The k-th entry of a sum of ``count`` in the order of ``einsum``."""
    return (k & ~7) + 6 - (k & 6) + (k & 1) if k < count & ~7 else k


@helper
def _hidden(x, first, offset, h):
    """``relu(x W_1 + b_1)``."""
    for n in range(x.shape[0]):
        row = h[n]
        for j in range(row.size):
            row[j] = 0.0
        for i in range(x.shape[1]):
            felt, column = x[n, i], first[i]
            for j in range(row.size):
                row[j] += felt * column[j]
        for j in range(row.size):
            u = row[j] + offset[j]
            row[j] = 0.0 if u <= 0.0 else u


@kernel(FORWARD)
def forward(x, first, offset, second, out, shift, noises, h, z, logits):
    """Write the first layer to ``h``, and for each noise the embedding to ``z`` and the logits."""
    _hidden(x, first, offset, h)
    noisy = np.empty_like(second)
    for m in range(noises.shape[0]):
        for j in range(second.shape[0]):
            for d in range(EMBEDDED):
                noisy[j, d] = second[j, d] + noises[m, j, d]
        for n in range(x.shape[0]):
            felt, row, top = h[n], z[m, n], logits[m, n]
            for d in range(EMBEDDED):
                row[d] = 0.0
            for j in range(felt.size):
                for d in range(EMBEDDED):
                    row[d] += felt[j] * noisy[j, d]
            for c in range(top.size):
                top[c] = 0.0
            for d in range(EMBEDDED):
                for c in range(top.size):
                    top[c] += row[d] * out[d, c]
            for c in range(top.size):
                top[c] += shift[c]


@helper
def _centres(h, labels, centre, counts):
    """Means of the first layer over the rows of each class; return how many classes have rows."""
    counts[:] = 0
    for n in range(labels.size):
        counts[labels[n]] += 1
    centre[:] = 0.0
    for n in range(labels.size):
        share, row, felt = 1.0 / counts[labels[n]], centre[labels[n]], h[n]
        for j in range(row.size):
            row[j] += share * felt[j]
    return np.count_nonzero(counts)


@helper
def _drifts(centre, counts, classes, weight, eps, pulls):
    """Write the slopes of the prototype term in the means of the classes."""
    drift, even, odd = np.empty(EMBEDDED), np.empty(eps.shape[0]), np.empty(eps.shape[0])
    for c in range(counts.size):
        if counts[c] == 0:
            continue
        drift[:] = 0.0
        for j in range(eps.shape[0]):
            for d in range(EMBEDDED):
                drift[d] += centre[c, j] * eps[j, d]
        even[:] = 0.0
        odd[:] = 0.0
        for k in range(EMBEDDED):
            d = _turn(k, EMBEDDED)
            felt, lane = (2.0 * weight / classes) * drift[d], odd if d & 1 else even
            for j in range(lane.size):
                lane[j] += felt * eps[j, d]
        for j in range(even.size):
            pulls[c, j] = even[j] + odd[j]


@helper
def _through(slopes, turned, even, odd, out):
    """``slopes W'`` for a matrix W whose transpose is given; the lanes have room for as many sums as ``out``."""
    for j in range(out.size):
        even[j] = 0.0
        odd[j] = 0.0
    for k in range(slopes.size):
        d = _turn(k, slopes.size)
        felt, row, lane = slopes[d], turned[d], odd if d & 1 else even
        for j in range(out.size):
            lane[j] += felt * row[j]
    for j in range(out.size):
        out[j] = even[j] + odd[j]


@helper
def _spread(x, slopes, out):
    """Add ``x_i slopes_j`` to ``out``."""
    for i in range(x.size):
        felt, row = x[i], out[i]
        for j in range(slopes.size):
            row[j] += felt * slopes[j]


@helper
def _take(weights, total, step_size):
    """Step down."""
    for j in range(weights.size):
        weights[j] -= step_size * total[j]


@helper
def _gather(total, own, weights, share, fresh):
    """Add the gradient of a noise, in its share; the first one begins the sum."""
    for j in range(total.size):
        total[j] = (0.0 * weights[j] if fresh else total[j]) + share * own[j]


@kernel(BACKWARD)
def backward(x, labels, first, offset, second, out, shift, noises, h, z, slopes, shares, weight, step_size):
    """Take one step in place: ``slopes`` are those of the logits, and ``weight`` is that of the prototype term."""
    hidden, classes = second.shape[0], out.shape[1]
    counts, centre, pulls = np.empty(classes, np.int64), np.empty((classes, hidden)), np.empty((classes, hidden))
    even, odd = np.empty(max(hidden, EMBEDDED)), np.empty(max(hidden, EMBEDDED))
    into, back = np.empty(hidden), np.empty(EMBEDDED)
    turned, out_turned = np.empty((EMBEDDED, hidden)), np.ascontiguousarray(out.T)
    own = (np.empty_like(first), np.empty_like(offset), np.empty_like(second), np.empty_like(out), np.empty_like(shift))
    total = (
        np.empty_like(first), np.empty_like(offset), np.empty_like(second), np.empty_like(out), np.empty_like(shift),
    )  # fmt: skip
    present = _centres(h, labels, centre, counts)
    for m in range(noises.shape[0]):
        for j in range(hidden):
            for d in range(EMBEDDED):
                turned[d, j] = second[j, d] + noises[m, j, d]
        if weight > 0.0:
            _drifts(centre, counts, present, weight, noises[m], pulls)
        own[0][:] = 0.0
        own[1][:] = 0.0
        own[2][:] = 0.0
        own[3][:] = 0.0
        own[4][:] = 0.0
        for n in range(labels.size):
            slope, felt = slopes[m, n], h[n]
            _through(slope, out_turned, even, odd, back)
            _through(back, turned, even, odd, into)
            share, pull = 1.0 / counts[labels[n]], pulls[labels[n]]
            if weight > 0.0:
                for j in range(hidden):
                    into[j] += share * pull[j]
            for j in range(hidden):
                into[j] = into[j] if felt[j] > 0.0 else 0.0
                own[1][j] += into[j]
            _spread(x[n], into, own[0])
            _spread(felt, back, own[2])
            _spread(z[m, n], slope, own[3])
            for c in range(classes):
                own[4][c] += slope[c]
        _gather(total[0].ravel(), own[0].ravel(), first.ravel(), shares[m], m == 0)
        _gather(total[1], own[1], offset, shares[m], m == 0)
        _gather(total[2].ravel(), own[2].ravel(), second.ravel(), shares[m], m == 0)
        _gather(total[3].ravel(), own[3].ravel(), out.ravel(), shares[m], m == 0)
        _gather(total[4], own[4], shift, shares[m], m == 0)
    _take(first.ravel(), total[0].ravel(), step_size)
    _take(offset, total[1], step_size)
    _take(second.ravel(), total[2].ravel(), step_size)
    _take(out.ravel(), total[3].ravel(), step_size)
    _take(shift, total[4], step_size)
