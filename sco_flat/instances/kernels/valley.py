"""What the kernels of SAM's valleys share: constants, the stored coordinates, and the terms in which no code stands.

A point is y (one coordinate a point of the sample space), the stored coordinates of b, those of x, q if there is one,
and a. ``params.codes`` holds the sets A_i as rows of bits, and behind them the signs of the codes, if there are any;
``params.weights`` the examples.
"""

from __future__ import annotations

import numpy as np

from sco_flat._jit import helper
from sco_flat.instances.kernels.families import common, unlike
from sco_flat.instances.kernels.lanes import chosen, count_of

(
    POINTS, COLUMNS, CODE, SIGNS, SIGMA, THETA, MU, NORMAL, TOP, LAM, DELTA, WIDENING, FLOOR, GAMMA, TAU, LIFT, RHO,
    SEEN, SMOOTHNESS, ENTERS, OTHERS,
) = range(21)  # fmt: skip
"""Places among the constants: N, M, d', 1 for sign codes; sig, th, mu, nn, tau_R; lam, dl; c, h; gam, tau, th'; rho,
k_x; beta; the weight of a in the first hinge; 1 where R takes the points outside A_i."""


@helper
def words_of(c):
    """Words of a set."""
    return (int(c[POINTS]) + 63) // 64


@helper
def stored(params):
    """Number of stored coordinates of b, which is that of x."""
    lifted = 1 if params.constants[LIFT] > 0.0 else 0
    return (params.rows.size - int(params.constants[POINTS]) - lifted) // 2


@helper
def place_of(rows, c, count, i):
    """Place of coordinate i among the stored ones of b, or -1 where it sleeps."""
    points = int(c[POINTS])
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if rows[points + middle] - points < i:
            low = middle + 1
        else:
            high = middle
    return low if low < count and rows[points + low] - points == i else -1


@helper
def holds(codes, c, i, z):
    """Whether point z lies in set i."""
    return (codes[i * words_of(c) + z // 64] >> (z % 64)) & 1 == 1


@helper
def code_product(codes, c, i, j):
    """``<u_i, u_j>``."""
    if i == j:
        return 1.0
    if c[SIGNS] == 0.0:
        return 0.0
    length = int(c[CODE])
    words = (length + 63) // 64
    start = int(c[COLUMNS]) * words_of(c)
    return 1.0 - 2.0 * unlike(codes, start + i * words, start + j * words, words) / length


@helper
def example(params, k, law):
    """Example k of the sample, or of the whole law."""
    return k if law else int(params.weights[k])


@helper
def examples(params, law):
    """Number of examples of the sample, or of the whole law."""
    return int(params.constants[POINTS]) if law else params.n


@helper
def share_of(params, batch, law):
    """Weight of an example in the mean."""
    return 1.0 / (params.constants[POINTS] if law else count_of(params, batch))


@helper
def wedge(b, x, wide, floor):
    """Gradient of ``((1+c²)/2) dist((b, x), {|b| - c x <= h})²``, and twice its value."""
    ahead = x + floor / wide
    if wide * abs(b) + ahead < 0.0:  # behind the apex
        steep = 1.0 + wide * wide
        return steep * b, steep * ahead, steep * (b * b + ahead * ahead)
    excess = max(abs(b) - wide * x - floor, 0.0)
    return (excess if b > 0.0 else -excess), -wide * excess, excess * excess


@helper
def starts(params, batch, law, point, out):
    """``(lam/2) [a + y_z + dl]_+²``, or without a."""
    c, last = params.constants, point.size - 1
    share, found, along = share_of(params, batch, law), 0.0, 0.0
    for k in range(examples(params, law)):
        if law or chosen(batch, k):
            z = example(params, k, law)
            excess = c[ENTERS] * point[last] + point[z] + c[DELTA]
            if excess > 0.0:
                found += excess * excess
                out[z] += share * c[LAM] * excess
                along += excess
    out[last] += share * c[LAM] * c[ENTERS] * along
    return 0.5 * c[LAM] * share * found


@helper
def slab(params, count, point, out):
    """``(gam/2) [|b| - tau]_+²``; with q, ``(gam/2) (1 + th'²) dist((b, q), {|b| + th' q <= tau})²``."""
    c, first = params.constants, int(params.constants[POINTS])
    squares = 0.0
    for k in range(first, first + count):
        squares += point[k] * point[k]
    norm = squares**0.5
    if c[LIFT] == 0.0:
        excess = norm - c[TAU]
        if excess <= 0.0:
            return 0.0
        for k in range(first, first + count):
            out[k] += c[GAMMA] * excess * (point[k] / norm)
        return 0.5 * c[GAMMA] * excess * excess
    q = point.size - 2
    excess, steep = norm + c[LIFT] * point[q] - c[TAU], 1.0 + c[LIFT] * c[LIFT]
    if excess <= 0.0:
        return 0.0
    if norm * steep < excess:  # the nearest point is the apex
        height = point[q] - c[TAU] / c[LIFT]
        for k in range(first, first + count):
            out[k] += c[GAMMA] * steep * point[k]
        out[q] += c[GAMMA] * steep * height
        return 0.5 * c[GAMMA] * steep * (squares + height * height)
    for k in range(first, first + count):
        out[k] += c[GAMMA] * excess * (point[k] / norm)
    out[q] += c[GAMMA] * c[LIFT] * excess
    return 0.5 * c[GAMMA] * excess * excess


@helper
def tabulate(c, point, table):
    """Sums of y over the subsets of each four points, sixteen numbers for each."""
    for p in range(int(c[POINTS]) // 4):
        for bits in range(16):
            s = 0.0
            for k in range(4):
                if (bits >> k) & 1:
                    s += point[4 * p + k]
            table[16 * p + bits] = s


@helper
def over_set(codes, c, i, table):
    """``<1_{A_i}, y>`` from the table."""
    fours, words = int(c[POINTS]) // 4, words_of(c)
    s = 0.0
    for k in range(words):
        bits = codes[i * words + k]
        for p in range(16 * k, min(16 * k + 16, fours)):
            s += table[16 * p + (bits & 15)]
            bits = (bits >> 4) & 0x0FFFFFFFFFFFFFFF
    return s


@helper
def normal_product(codes, c, i, j):
    """Product of the normals ``(u_i, sig, -th 1_{A_i})`` of half-spaces i and j of R.

    Two halves share as many points as the points outside them.
    """
    words = words_of(c)
    shared = common(codes, i * words, j * words, words)
    return code_product(codes, c, i, j) + c[SIGMA] * c[SIGMA] + c[THETA] * c[THETA] * shared


@helper
def gram_of(codes, c, places):
    """Products of the normals of R."""
    k = places.size
    gram = np.empty((k, k))
    for p in range(k):
        for q in range(p + 1):
            gram[p, q] = normal_product(codes, c, places[p], places[q])
            gram[q, p] = gram[p, q]
    return gram
