"""Every example in a docstring runs, and prints what it says."""

import doctest
import importlib

import pytest
from test_layers import MODULES

TEXTS = {name: path.read_text(encoding="utf-8") for name, path in MODULES.items()}
WITH = sorted(name for name, text in TEXTS.items() if ">>> " in text)


@pytest.mark.parametrize("name", WITH)
def test_examples_run(name):
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert found.failed == 0
    assert found.attempted > 0 or "doctest: +SKIP" in TEXTS[name]
