"""Plain text for the terminal: runs, checks, proofs; tables; the texts of comparisons."""
