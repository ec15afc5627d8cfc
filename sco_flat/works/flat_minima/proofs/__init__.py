"""Proofs of Theorems 1, 3, 6 and 7 in balls and exact fractions."""
