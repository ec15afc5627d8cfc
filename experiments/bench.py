"""All benchmarks: ``python experiments/bench.py --help``."""

import os
import sys

if __name__ == "__main__":
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):  # before NumPy loads
        os.environ.setdefault(variable, "1")
    from benchmarks._main import main

    sys.exit(main())
