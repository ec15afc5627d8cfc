"""Scripts for shells: every command, option and name where it may stand, and nothing else."""

import shutil
import subprocess

import pytest

from sco_flat import _registry, cli
from sco_flat.cli import _completion
from sco_flat.cli.main import parser

PLACES = {place.path: place for place in _completion.places(parser())}
TYPED = [
    ("sco-flat ", _registry.names("cli")),
    ("sco-flat ru", ["run"]),
    ("sco-flat --plugin mine.py ru", ["run"]),
    ("sco-flat bounds ", ["stability", "risk", "plot", "gaps", "pep"]),
    ("sco-flat bounds plot --sam", ["--samples"]),
    ("sco-flat plot --sam", []),
    ("sco-flat plot study --ki", ["--kind"]),
    ("sco-flat plot study --kind ", _registry.names("plots")),
    ("sco-flat bounds plot sam-chain --method sag", ["sagd"]),
    ("sco-flat run sam-", [name for name in _registry.names("instances") if name.startswith("sam-")]),
    ("sco-flat run sam-chain --eta ", []),
    ("sco-flat run sam-chain --save t", ["two words.npz"]),
    ("sco-flat run sam-chain --average sw", ["swa", "swad"]),
    ("sco-flat run sam-chain --validation ", ["F", "F_S"]),
    ("sco-flat swad losses.csv --mode t", ["text"]),
    ("sco-flat check factorisation.l", [k for k in _registry.names("works") if k.startswith("factorisation.l")]),
    ("sco-flat check 7 --evidence e", ["every-sample"]),
    ("sco-flat animate w", [name for name in _registry.names("animations") if name.startswith("w")]),
    ("sco-flat completion f", ["fish"]),
    ("sco-flat collect study --out ", ["study"]),
]
"""What is typed, and all that may stand there."""
BASH = """
source {script}
while IFS= read -r line; do
    COMP_WORDS=($line)
    [[ $line == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) COMPREPLY=()
    _sco_flat
    printf '%s\\n' "${{COMPREPLY[@]}}" .
done
"""
FISH = """
source {script}
while read -d "" -l line
    complete -C "$line" | string split -f1 \\t
    echo .
end
"""
DRIVERS = {"bash": (BASH, ["bash", "--norc"]), "fish": (FISH, ["fish", "--no-config"])}


@pytest.mark.parametrize("shell", DRIVERS)
def test_a_shell_offers_what_may_stand_there(tmp_path, capsys, shell):
    driver, command = DRIVERS[shell]
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    assert cli.main(["completion", shell]) == 0
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    driven = tmp_path / "driver"
    driven.write_text(driver.format(script=script))
    here = tmp_path / "here"
    (here / "study").mkdir(parents=True)
    (here / "two words.npz").touch()
    lines = "".join(f"{line}\n" for line, _ in TYPED)
    done = subprocess.run([*command, str(driven)], input=lines, cwd=here, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    said = iter(done.stdout.splitlines())
    found = [{word.rstrip("/") for word in iter(lambda: next(said), ".")} - {""} for _ in TYPED]
    assert dict(zip([line for line, _ in TYPED], found, strict=True)) == {line: set(words) for line, words in TYPED}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_reads_its_script(tmp_path, capsys, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    assert cli.main(["completion", shell]) == 0
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    assert subprocess.run([shell, "-n", script], capture_output=True).stderr == b""


def test_places_are_those_of_the_parser():
    assert set(PLACES[""].kinds) == set(_registry.names("cli"))
    assert {path.split("/")[1] for path in PLACES if path} == set(_registry.names("cli"))
    for place in PLACES.values():
        assert {"--help", "--plugin", "--debug", "--yes"} <= set(place.options)


@pytest.mark.parametrize("name", _completion.WORDS)
def test_words_are_those_of_the_help_texts(capsys, name):
    """Each word is refused or taken by its command; the help text names all of them."""
    said = 0
    for place in PLACES.values():
        text, value = place.options.get(f"--{name}", ("", None))
        if value is None:
            continue
        assert value == _completion.WORDS[name]
        said += 1
        assert all(word in text for word in value)
    for place in PLACES.values():
        if place.position == _completion.WORDS[name]:
            said += 1
            with pytest.raises(SystemExit):
                cli.main([place.path.removeprefix("/"), "--help"])
            shown = capsys.readouterr().out
            assert all(word in shown for word in place.position)
    assert said


def test_an_unknown_shell_is_refused(capsys):
    assert cli.main(["completion", "tcsh"]) == 2
    assert capsys.readouterr().err.startswith("sco-flat: shell = 'tcsh': is not known; choose one of bash, fish, zsh")
