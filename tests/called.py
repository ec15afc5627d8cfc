"""What only kernels can call, for tests."""

from numba import types

from sco_flat._jit import DESCEND, kernel


@kernel(types.int64(types.FunctionType(DESCEND), *DESCEND.args))
def descend(kernel, params, work, batch, w, v, scale, step_size, total, weight):
    """A loss's ``descend``."""
    return kernel(params, work, batch, w, v, scale, step_size, total, weight)
