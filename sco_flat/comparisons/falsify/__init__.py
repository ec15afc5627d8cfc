"""What is left of a counterexample when it is disturbed: float evidence, nothing is proved."""
