"""Rigorous arithmetic, questions, certificates as files, and their re-check."""
