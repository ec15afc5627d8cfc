"""Measured stability, and the population risk against its bounds."""
