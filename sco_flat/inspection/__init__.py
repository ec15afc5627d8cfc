"""An instance of your own; convexity, smoothness and minima of the registered ones."""
