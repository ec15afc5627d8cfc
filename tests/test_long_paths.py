"""Names that no system takes, and files that are no plug-ins: one line of ours, and nothing is written."""

import re

import pytest

from sco_flat import cli, register
from sco_flat.errors import InputError
from sco_flat.sweeps import collect, draw

LONG = "x" * 5000
DEEP = "/".join(["x" * 200] * 30)
LINE = re.compile(r"sco-flat: \S+ = .+: .+; .+\n")


@pytest.mark.parametrize("path", [LONG, DEEP], ids=["long", "deep"])
@pytest.mark.parametrize(
    "words",
    [
        ["collect"], ["plot"], ["verify"], ["sweep"], ["sweep", "none.toml", "--out"], ["explore", "--out"],
        ["run", "sam-sharp", "--steps", "8", "--save"], ["check", "6", "--evidence", "every-sample", "--certificate"],
        ["bounds", "plot", "least-squares", "--out"], ["animate", "walk", "--steps", "3", "--out"],
        ["list", "--plugin"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_paths_that_are_too_long(words, path, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ending = {"--save": ".npz"}.get(words[-1], ".gif" if "animate" in words else "")
    assert cli.main([*words, path + ending]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert LINE.fullmatch(err)
    assert len(err) < 300
    assert "Errno" not in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", [LONG, "a\0b"], ids=["long", "NUL"])
@pytest.mark.parametrize("call", [collect.collect, register, lambda path: draw.draw(path, None, {})])
def test_python_says_the_same(call, path):
    with pytest.raises(InputError, match=r"cannot be used|is no file|folder is missing|no sweep") as error:
        call(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["plugin.txt", "plugin", "plugin.pyc", "plugin.json"])
def test_a_plug_in_is_a_python_file(name, tmp_path, capsys):
    path = tmp_path / name
    path.write_text("INSTANCE = 1\n")
    assert cli.main(["--plugin", str(path), "list"]) == 2
    err = capsys.readouterr().err
    assert re.fullmatch(r"sco-flat: plugin = .*: is no Python file: its name does not end with \.py; rename it\n", err)


@pytest.mark.parametrize(
    ("value", "limit"), [("1e308", "must be at most 1e+100"), ("x", "must be zero, gaussian:SCALE")]
)
def test_a_start_that_is_too_large(value, limit, capsys):
    assert cli.main(["run", "sam-sharp", "--start", value]) == 2
    assert limit in capsys.readouterr().err
