"""Compiled parts of the networks."""
