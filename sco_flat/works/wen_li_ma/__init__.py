"""Trace of the Hessian and generalisation in three scenarios (Wen, Li and Ma, arXiv 2307.11007), in fractions."""
