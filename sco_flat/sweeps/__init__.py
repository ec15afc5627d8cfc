"""Parameter sweeps: a file declares cells, a store keeps one row for each, workers fill it, tables and plots read it.

`expressions` evaluates formulas of other axes, `plan` and `statements` turn a TOML file into cells, `overrides` changes
it from the command line, `filters` reads conditions on rows, `rows` and `store` are the SQLite file, `work` runs one
cell, `local` and `cluster` hand cells to workers, `sweep` drives them and `log` notes what ran, `status` counts,
`tables` and `studies` read one store or several, `collect` writes tables, `draw` figures.
"""
