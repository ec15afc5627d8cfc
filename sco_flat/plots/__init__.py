"""Figures from tidy data, and the look that all of them share; nothing is simulated here."""
