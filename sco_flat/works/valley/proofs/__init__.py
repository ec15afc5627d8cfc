"""The proofs of this work, in balls and exact fractions."""
