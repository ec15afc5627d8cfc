"""Kernels compiled in processes beside this one: a killed one leaves a usable cache, and two at once are fine."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sco_flat import cli, compilation, patience
from sco_flat._jit import Kernel
from sco_flat.errors import InputError
from sco_flat.requests import request_from
from sco_flat.works import base as works


def test_what_runs_ask_for():
    """Oracles are compiled for methods that ask one; a network's kernels are its own."""
    plain = compilation.wanted(["sam-chain"], ["sam"])
    assert plain["sco_flat.engines.driver"] == ["advance", "replay", "changes", "backwards"]
    assert set(plain["sco_flat.instances.kernels.sam_chain"]) == {"value", "gradient", "descend", "upper", "profile"}
    assert plain["sco_flat.methods.sam"] == ["step"]
    assert not any("oracles" in file for file in plain)
    asking = compilation.wanted(["sagd-valley", "xor"], ["sagd"])
    assert asking["sco_flat.oracles.ascent"] == ["maximise"]
    assert "maximise" in asking["sco_flat.instances.kernels.sagd_valley"]
    assert "gradient" in asking["sco_flat.networks.kernels.layer_norm"]


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """A folder of its own for what the processes compile."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path


def start(module, kernels):
    return subprocess.Popen(
        compilation._words({module: kernels}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_two_at_once_and_a_killed_one_leave_a_usable_cache(fresh):
    killed, other = [start("sco_flat.methods.base", ["no_oracle"]) for _ in range(2)]
    while other.poll() is None and not any(fresh.rglob("*.nb*")):  # until one of them writes
        time.sleep(0.001)
    killed.kill()
    killed.communicate()
    _, said = other.communicate(timeout=120)
    assert (other.returncode, said) == (0, "")
    (found,) = compilation.side_by_side({"sco_flat.methods.base": ["no_oracle"]}, 2)
    assert (found.file, found.kernels, found.anew) == ("methods.base", ("no_oracle",), 0)


def test_a_process_that_fails_is_one_line(fresh):
    with pytest.raises(InputError, match=r"compile = nowhere: cannot be compiled .*No module named"):
        list(compilation.side_by_side({"nowhere": ["step"]}, 1))


@pytest.mark.parametrize(("child", "others"), [("print('[3, 0.5]')", 3), ("raise SystemExit(1)", 0)])
def test_a_first_run_has_a_process_beside_it(monkeypatch, capfd, child, others):
    """It is asked for drivers and method; one that fails is no failure of the run. No free core, a thread: none."""
    asked, request = [], request_from("sam-sharp", steps=3, method="gd")
    instance = works.build(request)
    monkeypatch.setattr(compilation, "_words", lambda files: asked.append(files) or [sys.executable, "-c", child])
    monkeypatch.setattr(Kernel, "missing", lambda kernel: True)
    monkeypatch.setattr(compilation, "a_core_is_free", lambda: False)
    compilation.ahead_of(instance, request.settings)
    monkeypatch.setattr(compilation, "a_core_is_free", lambda: True)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(compilation.ahead_of, instance, request.settings).result()
    assert asked == []
    for kernel in (instance.value, instance.gradient, instance.descend, instance.upper, instance.profile):
        _ = kernel.compiled
    before = patience._compiled.count
    compilation.ahead_of(instance, request.settings)
    assert patience._compiled.count == before + others
    (files,) = asked
    assert files.pop("sco_flat.engines.driver") == ["advance", "replay"]
    assert files == {"sco_flat.methods.gd": ["step"], "sco_flat.methods.base": ["no_oracle"]}
    assert capfd.readouterr() == ("", "")


def test_the_command_refuses_what_there_is_not(capsys):
    for words, said in ((["sam-chai"], "did you mean 'sam-chain'?"), (["xor", "--jobs", "0"], "jobs = 0: must be")):
        assert cli.main(["compile", *words]) == 2
        out, err = capsys.readouterr()
        assert (out, said in err) == ("", True)
