"""The compiled parts of the losses."""
