"""The statements of a certificate once more, by another way than the prover's.

The prover walks the chain step by step in balls. Here nothing is walked: with ``x = eta delta`` the chain has the
closed form ``b_t/(eta r) = g + (b_3/(eta r) - g) x^(t-3)``, ``g = sqrt(1 + delta²)/(1 - x)``; its first entries are
taken from that and all others enclosed between the last of them and g, so that the sums over the rest are sums of
powers of whole numbers. SA-GD's suffixes come from their closed form. The arithmetic is that of `_intervals`, the
sample is counted by matrix products.

Each function returns the statements that a proof must contain: name, kind, relation and both sides.
"""
