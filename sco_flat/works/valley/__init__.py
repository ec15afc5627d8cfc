"""Theorems of our own: losses with a valley that widens."""
