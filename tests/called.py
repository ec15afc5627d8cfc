"""What only kernels can call, for tests."""

from numba import types

from sco_flat._jit import DESCEND, kernel
from sco_flat._pointed import Pointed


@kernel(types.int64(Pointed(DESCEND), *DESCEND.args))
def descend(kernel, params, work, batch, w, v, scale, step_size, total, weight):
    """A loss's ``descend``."""
    return kernel(params, work, batch, w, v, scale, step_size, total, weight)
