"""Whatever goes wrong is one short line and exit code 2; what a terminal cannot show is spelled in its letters."""

import errno
import io
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import without_signs_of_life

from sco_flat import _registry, cli
from sco_flat.cli import _output
from sco_flat.cli._completion import places
from sco_flat.cli.main import parser
from sco_flat.works import errata

ROOT = Path(cli.__file__).parents[2]


class Panic(BaseException):
    """What a solver in Rust raises: no Exception."""


def _deeper(*arguments):
    return _deeper(*arguments)


WRONG = {
    "overflow": OverflowError("int too large to convert to float"),
    "memory": MemoryError(),
    "disk": OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "run.npz"),
    "panic": Panic("index out of bounds: the len is 3\nbut the index is 3"),
    "pipe of a child": BrokenPipeError(errno.EPIPE, "Broken pipe"),
    "any": KeyError("\ud800\x00 and very long: " + "x" * 100_000),
    "stop": SystemExit(1),
    "stop with a text": SystemExit("enough"),
}


@pytest.mark.parametrize("name", [*WRONG, "recursion"])
def test_any_exception_is_one_line_and_exit_two(capsys, monkeypatch, name):
    def fail(key):
        raise WRONG[name]

    monkeypatch.setattr(errata, "evaluate", _deeper if name == "recursion" else fail)
    assert cli.main(["errata"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("sco-flat: ")
    assert err.endswith("--debug shows where\n")
    assert len(err) < 300
    assert err[:-1].isprintable()
    for words in (["--debug", "errata"], ["errata", "--debug"]):
        assert cli.main(words) == 2
        _, more = capsys.readouterr()
        assert more.startswith("Traceback")
        assert more.endswith(err)


def test_warnings_are_one_line_and_those_of_arithmetic_are_for_debugging(tmp_path):
    file = tmp_path / "warns.py"
    file.write_text(
        "import warnings\nfrom sco_flat.cli import Command\n\n\ndef _run(args):\n"
        "    warnings.warn('overflow encountered', RuntimeWarning)\n    warnings.warn('two\\nlines', UserWarning)\n"
        "    return 0\n\n\nCOMMAND = Command(name='warns', help='warn', run=_run)\n"
    )
    assert shell("sco-flat warns --plugin warns.py", tmp_path).stderr == b"sco-flat: note: two lines\n"
    shown = shell("sco-flat warns --plugin warns.py --debug", tmp_path).stderr
    assert b"RuntimeWarning: overflow" in shown
    assert b"warns.py" in shown


def test_an_interrupt_is_no_failure(capsys, monkeypatch):
    monkeypatch.setattr(errata, "evaluate", lambda key: (_ for _ in ()).throw(KeyboardInterrupt))
    assert (cli.main(["errata"]), capsys.readouterr().err) == (130, "sco-flat: interrupted\n")


LONG = "9" * 3000
LINES = [
    ["run", "x" * 5000],
    ["x" * 5000],
    ["run", "sam-chain", "twice" * 1000],
    ["run", "sam-chain", f"--{LONG}"],
    ["run", "sam-chain", "--n", "n" * 5000],
    ["run", "sam-chain", "--step-size", f"1e{LONG}"],
    ["run", "sam-chain", "--set", f"{LONG}=1"],
    ["check", "\udc80\udcff" * 500],
    ["verify", "a" * 5000],
    ["verify", "\x1b[31m\r\n\t"],
    ["explore", "--out", "a\x00b"],
    ["--plugin", "a\x00b", "list"],
    ["--plugin", "\udcff" * 300, "list"],
]


@pytest.mark.parametrize("words", LINES, ids=range(len(LINES)))
def test_error_lines_are_short_and_printable(capsys, monkeypatch, tmp_path, words):
    monkeypatch.chdir(tmp_path)
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert len(err) < 300
    assert err[:-1].isprintable()
    assert not list(tmp_path.iterdir())


def test_a_long_value_leaves_room_for_limit_and_mend(capsys):
    assert cli.main(["run", "sam-chain", "--n", LONG[:60] + "." + LONG]) == 2
    assert cli.main(["run", "sam-chain", "--radius", "q" * 4000]) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("sco-flat: radius = qqq")
    assert "qqq ... qqq" in err
    assert "qqq: is not a " in err
    assert "finite number" in err


def shell(command, tmp_path, **environment):
    """Run a command of the shell with ``sco-flat`` in it."""
    line = command.replace("sco-flat", f"'{sys.executable}' -m sco_flat")
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    done = subprocess.run(["bash", "-c", line], env=environment, cwd=tmp_path, capture_output=True)
    done.stderr = without_signs_of_life(done.stderr)
    return done


PROOF = ["check", "6", "--evidence", "every-sample", "--certificate"]


@pytest.mark.parametrize("option", [["explore", "--out"], ["run", "sam-sharp", "--save"], PROOF])
def test_a_device_is_not_replaced_by_a_file(capsys, tmp_path, option):
    pipe = tmp_path / "pipe.npz"
    os.mkfifo(pipe)
    assert cli.main([*option, str(pipe)]) == 2
    assert "is no file that can be replaced" in capsys.readouterr().err
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
@pytest.mark.parametrize("words", ["list", "--help", "completion fish", "run sam-sharp --steps 3"])
def test_a_full_disk_behind_stdout_is_one_line(tmp_path, words):
    done = shell(f"sco-flat {words} > /dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"No space left on device" in done.stderr


def test_a_closed_stdout_is_no_failure(tmp_path):
    pipes = "".join(f"; sco-flat {words} | true; echo ${{PIPESTATUS[0]}}" for words in ("list", "--help"))
    done = shell(f"sco-flat list >&-; echo $?{pipes}", tmp_path)
    assert (done.stdout, done.stderr) == (b"0\n0\n0\n", b"")


def test_letters_have_spellings():
    spelled = [_output.ascii_of(letter) for letter in "η²½≤ρⁿΔ−é√🙂\udc80"]
    assert spelled == ["eta", "^2", "1/2", "<=", "rho", "^n", "Delta", "-", "e", "sqrt", "\\U0001f642", "\\udc80"]


COMMANDS = {
    "list": ["list"],
    "run": ["run", "sam-sharp", "--steps", "3"],
    "run, JSON": ["run", "sam-sharp", "--steps", "3", "--json"],
    "check": ["check", "6", "--steps", "3"],
    "certify": ["certify", "sam-sharp"],
    "errata": ["errata", "6b"],
    "works": ["works", "--help"],
    "falsify": ["falsify", "sam-sharp"],
    "flattest": ["flattest", "xor", "--d", "2", "--n", "3"],
    "swad": ["swad", "losses.csv"],
    "check, exact": ["check", "wen-li-ma.kinks", "--set", "d=2"],
    "bounds gaps": ["bounds", "gaps", "--help"],
    "bounds stability": ["bounds", "stability", "sam-sharp", "--steps", "3"],
    "bounds risk": ["bounds", "risk", "sam-sharp", "--steps", "3", "--samples", "2"],
    "bounds pep": ["bounds", "pep", "--steps", "2"],
    "verify": ["verify", "six.json"],
    "collect": ["collect", "study"],
    "status": ["status", "study"],
    "plot": ["plot", "study", "--out", "η.png"],
    "animate": ["animate", "staircase", "--steps", "6", "--out", "ρ.gif"],
    "compile": ["compile", "--help"],
    "completion": ["completion", "fish"],
    "explore": ["explore", "--out", "²½ρ.html"],
    "sweep": ["sweep", "study.toml", "--workers", "1"],
    "wrong": ["run", "sam-sharp", "--steps", "½"],
    "help": ["bounds", "pep", "--help"],
}
"""Every subcommand, as cheap as it goes; reproduce only prints the name of its folder."""


STUDY = 'instance = "sam-sharp"\n[axes]\nn = 6\nT = [3, 4]\neta = 0.5\n[plot]\nx = "T"\n'


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder with what the commands read."""
    folder = tmp_path_factory.mktemp("results")
    (folder / "study.toml").write_text(
        'instance = "sam-sharp"\n[axes]\nn = 6\nT = [3, 4]\neta = 0.5\n[plot]\nx = "T"\n'
    )
    (folder / "losses.csv").write_text("3\n1\n2\n2\n")
    with pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        assert cli.main(["sweep", "study.toml", "--workers", "1"]) == 0
        words = ["check", "6", "--evidence", "every-sample", "--certificate", "six.json"]
        assert cli.main(words) == 0
    return folder


def output(monkeypatch, words, encoding):
    """Exit code, stdout and stderr of a command line, as bytes."""
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding=encoding) for name in ("stdout", "stderr")}
    with monkeypatch.context() as here:
        for name, stream in streams.items():
            here.setattr(sys, name, stream)
        try:
            code = cli.main(words)
        except SystemExit as stop:
            code = stop.code
    for stream in streams.values():
        stream.flush()
    return code, *(stream.buffer.getvalue() for stream in streams.values())


def _timeless(text):
    return [line for line in text.splitlines() if not line.strip().endswith(" s") and '"seconds"' not in line]


ENCODINGS = ("gbk", "cp932", "cp1250", "cp866", "ascii")
SLOW = ("falsify", "animate", "bounds pep", "bounds risk")
"""Commands that compute for a while, in each encoding anew."""


@pytest.mark.parametrize(
    ("name", "encodings"),
    [(name, ("gbk", "ascii") if name in SLOW else ENCODINGS) for name in COMMANDS]
    + [pytest.param(name, ENCODINGS, marks=pytest.mark.deep) for name in SLOW],
)
def test_every_encoding_gets_all_that_is_said(results, monkeypatch, name, encodings):
    monkeypatch.chdir(results)
    code, *usual = output(monkeypatch, COMMANDS[name], "utf-8")
    for encoding in encodings:
        found, *other = output(monkeypatch, COMMANDS[name], encoding)
        assert found == code == (2 if name == "wrong" else 0)
        for plain, spelled in zip(usual, other, strict=True):
            letters = plain.decode("utf-8")
            expected = "".join(x if _fits(x, encoding) else _output.ascii_of(x) for x in letters)
            assert _timeless(spelled.decode(encoding)) == _timeless(expected)


HELP = [[*place.path.split("/")[1:], "--help"] for place in places(parser())]


@pytest.mark.parametrize("words", HELP, ids=" ".join)
def test_every_encoding_gets_every_help(monkeypatch, words):
    code, usual, nothing = output(monkeypatch, words, "utf-8")
    assert (code or 0, nothing) == (0, b"")
    for encoding in ("gbk", "cp866", "latin-1", "ascii"):
        expected = "".join(x if _fits(x, encoding) else _output.ascii_of(x) for x in usual.decode("utf-8"))
        assert output(monkeypatch, words, encoding) == (code, expected.encode(encoding), b"")


def _fits(letter, encoding):
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def test_every_subcommand_is_tried():
    assert {words[0] for words in COMMANDS.values()} | {"reproduce"} == set(_registry.names("cli"))


def test_redirected_to_a_file_in_ascii(tmp_path):
    """The shell's way; streams of the process are what they were before."""
    done = shell("sco-flat bounds stability sam-sharp --steps 3 > found.txt", tmp_path, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert "^2" in (tmp_path / "found.txt").read_bytes().decode("ascii")
    assert sys.stdout.errors != _output.HANDLER


def test_a_backend_and_settings_of_another_environment_are_not_asked_for(tmp_path, results):
    shutil.copytree(results / "study", tmp_path / "study")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "matplotlibrc").write_text("text.usetex: True\nsavefig.transparent: True\nsavefig.dpi: 20\n")
    pages = []
    for settings in (
        {},
        {"MPLBACKEND": "nonsense"},
        {"MPLBACKEND": "module://nowhere", "MATPLOTLIBRC": str(foreign)},
    ):
        done = shell("sco-flat plot study --out study/plot.png", tmp_path, **settings)
        assert (done.returncode, done.stderr) == (0, b"")
        pages.append((tmp_path / "study" / "plot.png").read_bytes())
        (tmp_path / "study" / "plot.png").unlink()
    assert pages[0] == pages[1] == pages[2]
