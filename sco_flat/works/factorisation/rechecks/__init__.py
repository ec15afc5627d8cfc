"""The same statements once more, by other formulas and without the prover's arithmetic."""
