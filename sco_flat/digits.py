"""From which libraries the last digits of a result come.

Simulated numbers depend on none: the kernels sum in an order of their own, and the same bits come from the lowest and
the newest versions of everything (``nox -s lowest newest``). Enclosures by balls differ in their outer digits from one
version of python-flint to the next, solvers and quantiles in their last ones; all of them stay right.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

BALLS = ("python-flint",)
"""What encloses."""
CONES = ("clarabel", "scipy")
"""What solves programs over cones that are handed over as matrices."""
SOLVERS = ("cvxpy", *CONES)
"""What solves convex programs that are written as formulas."""
QUANTILES = ("scipy",)
"""What gives the width of sampling errors."""


def digits_from(*names: str) -> dict[str, str]:
    """Name the libraries that the last digits of a result come from, with their versions.

    Parameters
    ----------
    *names : str
        Names of distributions.

    Returns
    -------
    dict
        Version by name; ``unknown`` where it is not installed as a distribution.

    Examples
    --------
    >>> list(digits_from(*BALLS))
    ['python-flint']
    """
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
