"""What methods say of multiples of the loss is true, and a method that says it falsely is refused."""

import pytest
from plugin_sources import METHODS

import sco_flat
from sco_flat import methods
from sco_flat.comparisons import scaling
from sco_flat.errors import InputError
from sco_flat.settings import Settings

OWN = [
    name
    for name in methods.names()
    if methods.get(name).scales and methods.get(name).picks is None and "oracle" not in methods.get(name).reads
]


@pytest.mark.parametrize("method", OWN)
def test_the_packages_own_methods_keep_their_word(method):
    assert scaling.gap(Settings(method=method)) < 1e-14


@pytest.mark.parametrize("options", [{"normalize": False}, {"epsilon": 0.5}])
def test_sams_other_ascents_keep_theirs(options):
    assert scaling.gap(Settings(method="sam", **options)) < 1e-14


@pytest.mark.usefixtures("plugins")
def test_a_normalised_step_that_forgets_the_factor_is_refused(tmp_path):
    """The step is then (n-1)/n of what it should be, and stability is measured wrong in silence."""
    right, wrong = tmp_path / "unit_right.py", tmp_path / "unit_wrong.py"
    right.write_text(METHODS["ngd"].replace('"ngd"', '"unit-right"'))
    wrong.write_text(
        METHODS["ngd"].replace('"ngd"', '"unit-wrong"').replace("(work.stats[FACTOR] * squared**0.5)", "squared**0.5")
    )
    for file in (right, wrong):
        sco_flat.register(file)
    numbers = {"n": 3, "steps": 4, "dimension": 2}
    from sco_flat.comparisons import stability
    from sco_flat.requests import request_from

    found, _ = stability.claims(request_from("least-squares", "unit-right", **numbers))
    assert found.eps > 0.0
    with pytest.raises(InputError, match=r"unit-wrong: says scales=True, but .* by 0\.\d+; step_size carries c"):
        stability.claims(request_from("least-squares", "unit-wrong", **numbers))
