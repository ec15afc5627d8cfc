"""arXiv 2511.03548: flat minima that generalise badly in stochastic convex optimisation."""
