"""Reproduction of the eight theorems: the grid of checks, the figures and the report."""
