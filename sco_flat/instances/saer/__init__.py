"""Narrow brackets of the sharpness-aware empirical risk, one file for each kind of loss; each file has its proof."""
