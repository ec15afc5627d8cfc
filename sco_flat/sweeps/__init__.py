"""Parameter sweeps: a file declares cells, a store keeps one row for each, workers fill it, tables and plots read it.

`expressions` evaluates formulas of other axes, `plan` turns a TOML file into cells, `store` is the SQLite file, `work`
runs one cell, `local` and `cluster` hand cells to workers, `sweep` drives them, `collect` writes tables.
"""
