"""``python -m sco_flat`` is ``sco-flat``."""

from sco_flat.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
