"""Proofs of this work's statements: eigenvalues in integers, fractions and balls."""
