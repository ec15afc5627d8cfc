"""Runs that several parts of a report look at are made once, and are the same in all of them."""

from dataclasses import dataclass
from functools import cached_property

import joblib
import numpy as np

from sco_flat import patience
from sco_flat.reports import main, rows
from sco_flat.requests import request_from
from sco_flat.works import once
from sco_flat.works.swad import domains
from sco_flat.works.wen_li_ma.training import SCENARIOS, points, request

MADE = []


@dataclass(frozen=True)
class Asked:
    number: float

    @cached_property
    def twice(self):
        return [lambda: 0, 2 * self.number]  # cannot be pickled, and is no field


@once.shared
def made(asked, more=1, *, word="a"):
    MADE.append(asked)
    return {"found": np.arange(asked.number), "more": more, "word": word}


def test_made_once_for_equal_arguments_and_again_for_others(tmp_path):
    MADE.clear()
    first = once.within(tmp_path, made, Asked(3.0))
    looked = Asked(3.0)
    assert looked.twice[1] == 6.0
    for same in (once.within(tmp_path, made, looked), once.within(tmp_path, made, Asked(3.0), 1, word="a")):
        assert np.array_equal(same.pop("found"), first["found"])
        assert same == {"more": 1, "word": "a"}
    assert len(MADE) == 1
    others = (
        once.within(tmp_path, made, Asked(np.nextafter(3.0, 4.0))),
        once.within(tmp_path, made, Asked(3.0), 2),
        once.within(tmp_path, made, Asked(3.0), word="b"),
    )
    assert len(MADE) == 4
    assert [len(other["found"]) for other in others] == [4, 3, 3]


def test_nothing_is_kept_outside_of_a_folder(tmp_path):
    MADE.clear()
    for _ in range(2):
        made(Asked(2.0))
    assert len(MADE) == 2
    once.within(tmp_path, made, Asked(2.0))
    made(Asked(2.0))
    assert len(MADE) == 4


def test_another_process_finds_what_this_one_made(tmp_path):
    def both():
        asked = joblib.delayed(once.carried(_listed))(tmp_path)
        made(Asked(5.0))
        return joblib.Parallel(n_jobs=2)([asked])[0]

    assert once.within(tmp_path, both) == 1
    assert once.carried(made) is made


def _listed(folder):
    before = len(list(folder.iterdir()))
    made(Asked(5.0))
    assert len(list(folder.iterdir())) == before
    return before


def test_a_folder_that_is_full_or_gone_only_costs_time(tmp_path):
    MADE.clear()
    for _ in range(2):
        assert once.within(tmp_path / "gone", made, Asked(2.0))["more"] == 1
    assert len(MADE) == 2


def test_a_run_read_back_has_the_same_bits(tmp_path):
    stages = {"stages": "120:.01:.1"}
    asked, own = request("bias", **stages), SCENARIOS["bias"] | stages
    plain = points(asked, 3)
    for again in (asked, request_from(instance="xor", **own)):
        assert once.within(tmp_path, points, again, 3) == plain
    assert len(list(tmp_path.iterdir())) == 1


def test_what_the_figure_asks_is_what_the_statement_asked(tmp_path, monkeypatch):
    monkeypatch.setitem(
        domains.SETTINGS, ("generated", "overfits"), domains.Setting({"inputs": 8, "steps": 61}, 6, 0.5)
    )
    from sco_flat.works.swad.figures import domains as figure

    once.within(tmp_path, domains.decide, "generated", "overfits", 1, 1, 0)
    before = sorted(tmp_path.iterdir())
    drawn = once.within(tmp_path, figure.data, True)
    assert sorted(tmp_path.iterdir()) == before
    assert len(before) == len(drawn["rows"]) == 2


def test_no_part_of_a_report_is_refused_for_its_time(monkeypatch):
    assert main._named("a figure", patience.may_take, "time") == ("a figure", True)
    assert main._named("a figure", patience.may_take, "memory") == ("a figure", False)
    monkeypatch.setattr(rows, "rows_of", patience.may_take)
    assert rows._unhurried("time")
    assert not rows._unhurried("memory")
    assert not patience.may_take("time")
