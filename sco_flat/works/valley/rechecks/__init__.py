"""The statements of a certificate once more, by another way than the prover's.

The prover has inequalities in balls that do not walk. Here the recurrence itself is walked in rational intervals where
the numbers are no ranges and T is moderate, and its extremes are what the claims say; else the closed forms are taken
by repeated squaring. Probabilities come from binomials and series.
"""
