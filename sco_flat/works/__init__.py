"""Works: what a paper, or a note of ours, says; one folder each, and nothing else knows its theorem numbers."""
