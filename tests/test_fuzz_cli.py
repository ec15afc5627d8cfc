"""Random command lines: whatever is typed ends in exit code 0, 1 or 2, a failure in one short line and no file."""

import random
import shutil
import signal

import pytest

from sco_flat import _registry, cli, memory, patience
from sco_flat.errors import one_line
from sco_flat.vocabulary import OPTIONS

SECONDS = 20
"""What one line may take."""

ODD = [
    "", " ", "-", "--", "---", "=", "\x00", "a\x00b", "\udc80", "\ud800\udfff", "\x1b[2J", "\r\n", "\t", "½", "²", "η",
    "٣", "１２", "🙂", "e\u0301", "\u202e", "\u2028", "\ufeff", "%s", "%(prog)s", "{}", "{0.__class__}", "$HOME", "~",
    "..", "/", "NaN", "nan", "inf", "-inf", "-0", "None", "True", "[]", "1;2", "auto", "zero",
]  # fmt: skip
NUMBERS = [
    "0", "1", "2", "3", "6", "7", "8", "12", "-1", "-6", "+6", "06", "1e1", "1e0", "6.0", "6.5", "1/2", "1/24", "1/0",
    "0/0", "2^3", "2**3", "2^-3", "1e-300", "5e-324", "1e-400", "1e308", "1e309", "1e400", "9" * 400, "1/" + "9" * 400,
    "0x10", "1_0", "1,5", "1..2", "1/24..1/4", "3..1", "..", "2^2^2", "1e-7", "0.1", "0.25", "0.5", "1.5", "10", "14",
]  # fmt: skip
HUGE = ["9" * 400, "1e308", "1e309", "1e400", "2^1000000", "10^1000", "1e99999999", "2**99999"]
SMALL = {"n": ("1", "2", "3", "6", "7", "8", "12"), "steps": ("1", "2", "3", "6", "7", "12", "13", "14")}
"""What runs for long is refused, with limits as `limited` sets them; the others take n up to 14 and T up to 300."""
LARGE = {
    "n": ("25", "30", "62", "1e5", "1e6"), "steps": ("1e5", "1e6", "1e9"), "width": ("2^20", "1e9", "1e12"),
    "dimension": ("1e4", "1e6", "1e9"), "precision": ("1e5", "1e9"), "samples": ("1e6", "1e9"),
}  # fmt: skip


class TooLong(BaseException):
    """A line that is still running."""


def lines(seed, count):
    """Draw command lines, always the same ones for a seed."""
    rng = random.Random(seed)
    return [_line(rng) for _ in range(count)]


def _line(rng):
    way = rng.random()
    if way < 0.06:
        return [_junk(rng) for _ in range(rng.randrange(6))]
    if way < 0.1:
        return _heavy(rng)
    words = _command(rng)
    if way < 0.4:  # damage it: drop, double, exchange, or put something in
        for _ in range(rng.randrange(1, 4)):
            _damage(rng, words)
    return [*words, "--help"] if "gaps" in words else words  # the table takes its time


def _heavy(rng):
    """A sweep without its file, a report without a look: undamaged, or it might start."""
    if rng.random() < 0.5:
        odd = rng.choice([["--workers", rng.choice(NUMBERS)], ["--backend", _junk(rng)], ["--dry-run"], ["--new"], []])
        return ["sweep", rng.choice(["none.toml", "/", "/proc/cpuinfo", _junk(rng)]), *odd]
    return ["reproduce", "--style", "x" + _junk(rng), "--out", rng.choice(["report", "/proc", _junk(rng)])]


def _junk(rng):
    way = rng.random()
    if way < 0.6:
        return rng.choice(ODD)
    if way < 0.8:
        return rng.choice(("x", "\udcff", "9", "é", "-", "\x07", "{", "--n=")) * rng.choice((10, 300, 5000))
    letters = (chr(rng.choice((rng.randrange(128), rng.randrange(0x3000), 0xDC80))) for _ in range(rng.randrange(1, 9)))
    return "".join(letters).replace("/", "_")  # no file anywhere else


def _damage(rng, words):
    place = rng.randrange(len(words) + 1)
    way = rng.randrange(4)
    if way == 0 and place < len(words):
        del words[place]
    elif way == 1 and place < len(words):
        words.insert(place, words[place])
    elif way == 2 and len(words) > 1:
        one = rng.randrange(len(words))
        two = rng.randrange(len(words))
        words[one], words[two] = words[two], words[one]
    else:
        words.insert(place, _junk(rng))


def _command(rng):
    known = [name for name in _registry.names("cli") if name not in ("sweep", "reproduce")]
    name = rng.choice([*known, *["run"] * 6, *["check"] * 4])
    made = {
        "run": lambda: ["run", _name(rng, "instances"), *_options(rng)],
        "check": lambda: ["check", *_statement(rng), *_options(rng)],
        "certify": lambda: ["certify", _name(rng, "instances"), *_options(rng)],
        "bounds": lambda: ["bounds", *_bounds(rng)],
        "errata": lambda: ["errata", rng.choice(["6b", "7z", _junk(rng)])],
        "falsify": lambda: ["falsify", rng.choice(["huber", _junk(rng)]), "--out", "/nowhere"],
        "animate": lambda: [
            "animate", _name(rng, "animations"), "--steps", rng.choice(["0", "-3", "2", "x"]),
            "--out", rng.choice(["film.gif", "film", "/nowhere/x.gif", _junk(rng)]),
        ],
        "explore": lambda: ["explore", "--out", rng.choice(["/nowhere/page.html", "/", _junk(rng)])],
        "verify": lambda: ["verify", rng.choice(["none.json", "/dev/null", "/", _junk(rng)])],
        "plot": lambda: ["plot", _junk(rng), "--kind", _name(rng, "plots")],
        "works": lambda: ["works", "--help"],  # the table takes its time
        "collect": lambda: ["collect", rng.choice(["none", _junk(rng)])],
    }  # fmt: skip
    words = made[name]() if name in made else [name]
    return words + [word for word in ("--json", "--help") if rng.random() < 0.06]


def _name(rng, axis):
    return rng.choice([*_registry.names(axis)] * 6 + ODD) if rng.random() < 0.95 else _junk(rng)


def _statement(rng):
    key = rng.choice([*map(str, range(1, 9)), "flat-minima.7", "9", "0", _junk(rng)])
    return [
        key,
        *(["--evidence", rng.choice(["float", "bracket", "every-sample", "x"])] if rng.random() < 0.15 else []),
    ]


def _bounds(rng):
    kind = rng.choice(["stability", "risk", "pep", "gaps", "plot", _junk(rng)])
    if kind == "gaps":
        return ["gaps", "--help"]
    if kind == "pep":
        return ["pep", "--steps", rng.choice(["1", "2", "0", "x", "999"]), "--radius", rng.choice(NUMBERS)]
    if kind == "plot":
        return ["plot", "--out", "/nowhere", *_options(rng)]
    return [kind, _name(rng, "instances"), *_options(rng), *(["--samples", "2"] if kind == "risk" else [])]


def _options(rng):
    words = ["--n", rng.choice(SMALL["n"]), "--steps", rng.choice(SMALL["steps"])]
    for option in rng.sample(sorted(OPTIONS), rng.randrange(5)):
        chosen = OPTIONS[option]
        if not chosen.on_line or option in ("n", "steps", "width", "dimension"):
            continue
        flag = "--" + rng.choice(list(chosen.spellings)).replace("_", "-")
        if chosen.kind == "flag":
            words.append(f"--{(chosen.switch or chosen.name).replace('_', '-')}")
            continue
        words += [f"{flag}={_value(rng, option)}"] if rng.random() < 0.3 else [flag, _value(rng, option)]
    if rng.random() < 0.1:
        words += ["--set", rng.choice(["delta=0.01", "lambda=1", "=", "a=b=c", f"{_junk(rng)}={_junk(rng)}"])]
    if rng.random() < 0.15:  # a bad number of examples or steps, never a large one
        words += [rng.choice(["--n", "--steps"]), rng.choice([*HUGE, "0", "-1", "x", "1/2", "nan", _junk(rng)])]
    if rng.random() < 0.08:
        option = rng.choice(sorted(LARGE))
        words += [f"--{option}", rng.choice(LARGE[option])]
    return words


def _value(rng, option):
    axes = {"method": "methods", "oracle": "oracles", "engine": "engines"}
    if option in axes:
        return _name(rng, axes[option])
    return rng.choice(NUMBERS) if rng.random() < 0.85 else _junk(rng)


@pytest.fixture
def limited(monkeypatch):
    """Little memory and time, so that what takes more is refused at once."""
    monkeypatch.setattr(memory, "free_bytes", lambda: 5 * 10**8)
    monkeypatch.setattr(patience, "LIMIT", 5.0)
    monkeypatch.setattr(patience, "QUIET", 0.5)


def ended(capsys, words):
    """Run one line with an alarm; return what is wrong with how it ended."""

    def ring(*_):
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS)
    try:
        code = cli.main(words)
    except SystemExit as stop:
        code = stop.code or 0
    except TooLong:
        code = "too long"
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    out, err = capsys.readouterr()
    wrong = []
    if code not in (0, 1, 2):
        wrong.append(f"exit code {code}")
    if "Traceback" in out + err:
        wrong.append("a traceback")
    if code == 1 and "fails" not in out.lower():
        wrong.append("no claim that fails")
    if code == 2:
        err = err.rpartition("\r")[2]  # without what showed that it was at work
        if not err.startswith("sco-flat: ") or err.count("\n") != 1:
            wrong.append("not one line")
        if len(err) >= 300:
            wrong.append(f"{len(err)} characters")
        if not err[:-1].isprintable():
            wrong.append("control characters")
    if "TooLong" in err:
        wrong.append(f"more than {SECONDS} s")
    return code, err, wrong


def findings(capsys, monkeypatch, folder, seed, count):
    """Run lines in a folder of their own; what went wrong with which line."""
    folder.mkdir()
    monkeypatch.chdir(folder)
    found = []
    for words in lines(seed, count):
        code, err, wrong = ended(capsys, words)
        if list(folder.iterdir()):
            wrong += ["a file"] if code not in (0, 1) else []
            shutil.rmtree(folder)
            folder.mkdir()
            monkeypatch.chdir(folder)
        if wrong:
            found.append(f"{', '.join(wrong)}: {one_line(repr(words))}\n    {one_line(err)}")
    return found


def test_the_lines_are_the_same_each_time_and_of_all_kinds(capsys, tmp_path, monkeypatch):
    drawn = lines(0, 300)
    assert drawn == lines(0, 300)
    assert drawn != lines(1, 300)
    assert {words[0] for words in drawn if words} >= {"run", "check", "bounds", "animate", "list", "sweep", "reproduce"}
    letters = "".join("".join(words) for words in lines(0, 1000))
    assert {"\x00", "\udc80", "²", "\x1b"} <= set(letters)
    numbers = [word for words in lines(0, 5000) for word in words]
    assert {value for values in LARGE.values() for value in values} <= set(numbers)


def test_random_command_lines(capsys, tmp_path, monkeypatch, limited):
    found = findings(capsys, monkeypatch, tmp_path / "here", 0, 150)
    assert not found, "\n".join(found)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(1, 11))
def test_many_random_command_lines(capsys, tmp_path, monkeypatch, limited, seed):
    found = findings(capsys, monkeypatch, tmp_path / "here", seed, 1000)
    assert not found, "\n".join(found)
