"""Step sizes beyond which the default minimum is left, in units of ``2/lambda_max``."""

EDGES = (1.01, 1.05, 1.1, 1.2, 1.4)
