"""Verdicts with witnesses and with proofs."""
