"""Work that would take too long asks first; what is long shows where it is; the bits are those of one stretch."""

import io
import sys
import threading
import time
import types

import pytest

from sco_flat import _jit, cli, patience, run
from sco_flat.errors import InputError


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets."""
    now = [0.0]
    monkeypatch.setattr(patience.time, "monotonic", lambda: now[0])
    return now


def test_a_loop_is_foretold_from_its_first_seconds(clock):
    watch = patience.Watch("steps", 1000)
    for done, at in ((1, 0.5), (2, 1.5)):
        clock[0] = at
        watch.at(done)  # too early to say
    clock[0] = 2.5
    with pytest.raises(InputError, match=r"steps = 1,000: takes about 17 min here \(10 min without asking\)"):
        watch.at(3)


def test_what_comes_before_the_first_turn_does_not_count(clock):
    watch = patience.Watch("steps", 1000)
    clock[0] = 50.0  # compiled first
    watch.at(1)
    clock[0] = 50.1
    watch.at(2)  # 100 s, well below the limit
    watch.close()


def test_loops_within_loops_count(clock):
    values = patience.track(range(500), 500, "samples")
    next(values)
    inner = patience.Watch("steps", 2)
    clock[0] += 1.0
    inner.at(1)
    clock[0] += 1.0
    with pytest.raises(InputError, match=r"takes, 500 times over, about 17 min"):
        inner.at(2)
    values.close()


def test_whoever_says_so_may_wait(clock):
    with patience.unlimited(silent=True):
        watch = patience.Watch("steps", 10**9)
        for done in (1, 2, 3):
            clock[0] += 2.0
            watch.at(done)
        patience.ahead("samples", 10**9, 1e12)
    with pytest.raises(InputError, match="takes about 31,710 years"):
        patience.ahead("samples", 10**9, 1e12)


@pytest.mark.parametrize("words", [["run", "sam-sharp", "--steps", "1e9"], ["certify", "sam-sharp", "--steps", "1e9"]])
def test_the_command_line_asks(monkeypatch, capsys, words):
    monkeypatch.setattr(patience, "SILENT", threading.TIMEOUT_MAX)
    monkeypatch.setattr(patience, "QUIET", 0.05)
    monkeypatch.setattr(patience, "LIMIT", 1.0)
    assert cli.main(words) == 2
    err = capsys.readouterr().err
    assert "say --yes" in err
    assert err.count("\n") == 1


def test_yes_is_a_word_of_every_command(capsys):
    assert cli.main(["run", "sam-sharp", "--steps", "8", "--yes", "--json"]) == 0
    first = capsys.readouterr().out
    assert cli.main(["--yes", "run", "sam-sharp", "--steps", "8", "--json"]) == 0
    assert first.split('"seconds"')[0] == capsys.readouterr().out.split('"seconds"')[0]


def test_stretches_leave_the_bits_alone(monkeypatch):
    """A run in stretches of one step is the run in one."""
    from sco_flat.engines import simulation

    whole = run("sam-chain", n=6, steps=64).points["average"].population_risk

    class Single(simulation.Slices):
        def after(self, t):
            super().after(t)
            return min(self.steps, t + 1)

    monkeypatch.setattr(simulation, "Slices", Single)
    assert run("sam-chain", n=6, steps=64).points["average"].population_risk == whole


def test_loops_one_after_the_other_count(clock):
    values = patience.track(range(1000), 1000, "entries", times=4.0)
    next(values)
    for _ in range(2):
        clock[0] += 0.1
        next(values)
    clock[0] += 2.0
    with pytest.raises(InputError, match=r"entries = 1,000: takes, 4 times over, about 70 min"):
        next(values)


def test_threads_have_the_limits_of_where_they_were_started(clock):
    found = []

    def work(limits):
        with limits():
            try:
                patience.ahead("steps", 10, 200.0)
            except InputError as error:
                found.append(str(error))

    with patience.unlimited():
        free = patience.carried(5.0)
    for limits in (patience.carried(5.0), free):
        thread = threading.Thread(target=work, args=(limits,))
        thread.start()
        thread.join()
    assert len(found) == 1
    assert "takes, 5 times over, about 17 min" in found[0]
    patience.ahead("steps", 10, 200.0)  # nothing is left of it here


@pytest.mark.parametrize("terminal", [False, True])
def test_a_command_says_that_it_is_at_work(monkeypatch, terminal):
    """Soon, and again: each second on a terminal, whose line is empty at the end; elsewhere in lines of their own."""
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    monkeypatch.setattr(patience.sys, "stderr", stream)
    monkeypatch.setattr(patience, "SILENT", 0.02)
    with patience.alive("certify"):
        time.sleep(0.3)
    said = stream.getvalue()
    assert said.count("certify: 0 s") == 1
    assert said.replace("certify: 0 s", "").strip() == ""
    monkeypatch.setattr(patience, "BETWEEN", 0.02)
    with patience.alive("certify"):
        time.sleep(0.3)
    assert stream.getvalue()[len(said) :].count("certify: 0 s") >= (1 if terminal else 2)
    assert stream.getvalue().endswith("\r" if terminal else "certify: 0 s\n")


@pytest.mark.parametrize("terminal", [False, True])
def test_it_says_why_while_there_is_a_reason(monkeypatch, terminal):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    monkeypatch.setattr(patience.sys, "stderr", stream)
    monkeypatch.setattr(patience, "SILENT", 0.02)
    monkeypatch.setattr(patience, "BETWEEN", 0.02)
    with patience.alive("run"):
        with patience.compiling("sam_chain.value", lambda: True):
            time.sleep(0.1)
        time.sleep(1.2 if terminal else 0.1)
    said = [line for line in stream.getvalue().replace("\r", "\n").splitlines() if line.strip()]
    assert said[0] == "run: 0 s, compiling sam_chain.value, which later runs need not"
    assert said.pop() == "run: 1 kernel compiled in 0 s, which later runs need not"
    assert said[-1].strip() in ("run: 0 s", "run: 1 s")
    assert not terminal or len(said[-1]) >= len(said[0])  # nothing of the longer line is left


def a_kernel(seen, seconds, anew):
    """A kernel whose compiler only takes its time; it is loaded from a cache unless ``anew``."""

    def compile_(signature):
        seen.append(patience._why())
        time.sleep(seconds)

    kernel = object.__new__(_jit.Kernel)
    kernel._signature, kernel.__module__, kernel.__name__ = None, "sco_flat.instances.kernels.huber", "value"
    kernel.dispatcher = types.SimpleNamespace(
        compile=compile_,
        disable_compile=lambda: None,
        overloads={None: None},
        stats=types.SimpleNamespace(cache_misses={None: 1} if anew else {}),
    )
    return kernel


@pytest.mark.parametrize(("anew", "slow"), [(True, True), (True, False), (False, True)])
def test_a_kernel_says_that_it_is_compiled_and_a_command_how_long_that_took(monkeypatch, capsys, anew, slow):
    monkeypatch.setattr(patience, "SILENT", 0.05 if slow else 5.0)
    monkeypatch.setattr(patience, "BETWEEN", threading.TIMEOUT_MAX)
    seen = []
    with patience.alive("run"):
        for _ in range(2):
            kernel = a_kernel(seen, 0.04, anew)
            assert kernel.compiled is kernel.dispatcher
    assert seen == [", compiling instances.kernels.huber.value, which later runs need not" if anew else ""] * 2
    assert patience._why() == ""
    said = "run: 2 kernels compiled in 0 s, which later runs need not\n"
    assert (said in capsys.readouterr().err) == (anew and slow)


def test_kernels_that_threads_compile_at_once_take_the_time_of_one(clock):
    before = patience._compiled.seconds
    with patience.compiling("a", lambda: True):
        clock[0] += 2.0
        with patience.compiling("b", lambda: True):
            clock[0] += 3.0
    assert patience._compiled.seconds - before == 5.0


@pytest.mark.parametrize("terminal", [False, True])
def test_a_bar_is_drawn_where_it_can_be_drawn_again(monkeypatch, clock, capsys, terminal):
    """Elsewhere a loop is told by the command's own lines, and nothing runs into them."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    with patience.Watch("steps", 4000) as watch:
        watch.at(1)
        clock[0] += 3.0
        watch.at(2000)
        assert len(patience._drawn()) == terminal
        assert patience._why() == ", 2,000 of 4,000 steps"
    assert patience._why() == ""
    assert ("/4000" in capsys.readouterr().err) == terminal


def test_a_bar_does_not_stand_still_in_a_long_turn(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(patience, "QUIET", 0.0)
    monkeypatch.setattr(patience, "SILENT", 0.1)
    with patience.alive("run"), patience.Watch("steps", 10) as watch:
        watch.at(1)
        watch.at(2)
        assert "0/10" in capsys.readouterr().err
        watch.at(3)
        time.sleep(0.3)
        assert "3/10" in capsys.readouterr().err


def test_an_error_takes_the_bars_away(monkeypatch, capsys):
    monkeypatch.setattr(patience, "QUIET", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    watch = patience.Watch("steps", 10)

    def fail():
        watch.at(1)
        watch.at(2)
        assert patience._bars == [watch]
        raise RuntimeError

    with pytest.raises(RuntimeError), patience.alive("run"):
        fail()
    assert patience._bars == []
    assert capsys.readouterr().err.endswith("\r")


@pytest.mark.parametrize("words", [["check", "7", "--evidence", "every-sample"], ["check", "8", "--n", "18"]])
def test_proofs_and_samples_are_foretold(monkeypatch, capsys, words):
    monkeypatch.setattr(patience, "QUIET", 0.02)
    monkeypatch.setattr(patience, "LIMIT", 0.02)
    steps = ["--steps", "20000"] if "--evidence" in words else []
    assert cli.main([*words, *steps]) == 2
    assert "say --yes" in capsys.readouterr().err


def test_a_bar_that_is_half_imported_stops_nobody(monkeypatch):
    """The main thread may be in the middle of ``import tqdm`` while the other one says that it is at work."""
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    assert not patience._drawn()
