"""Animations: files and their frames, data against the runs, the page, and input that cannot be used."""

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from conftest import until
from PIL import Image

import sco_flat
from sco_flat import animations, cli, instances
from sco_flat.animations import _formats, animate
from sco_flat.animations._film import Film
from sco_flat.errors import InputError
from sco_flat.plots import style

STEPS = 7
ENDINGS = ("html", "gif", "mp4")
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")
needs_ffprobe = pytest.mark.skipif(shutil.which("ffprobe") is None, reason="no ffprobe")


@pytest.fixture(scope="module", params=animations.names())
def name(request):
    """Every animation."""
    return request.param


@pytest.fixture(scope="module")
def files(name, tmp_path_factory):
    """An animation in each format that this machine can write."""
    folder = tmp_path_factory.mktemp(name)
    kinds = [kind for kind in ENDINGS if kind != "mp4" or shutil.which("ffmpeg")]
    return {kind: animate(name, folder / f"film.{kind}", steps=STEPS, style="paper") for kind in kinds}


def film_of(page):
    """The data inside a page."""
    text = page.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="film">(.*?)</script>', text, re.DOTALL)[1])


def picture(text):
    return Image.open(io.BytesIO(base64.b64decode(text)))


def test_page_has_a_different_frame_for_each_iterate(files):
    film = film_of(files["html"])
    assert len(film["frames"]) == len(film["status"]) == STEPS
    assert len(set(film["frames"])) == STEPS
    assert all(text.startswith(f"t = {t}") for t, text in enumerate(film["status"], 1))


def test_gif_has_a_different_frame_for_each_iterate(files):
    with Image.open(files["gif"]) as image:
        assert image.n_frames == STEPS
        assert image.size == (685, 385)
        seen = set()
        for k in range(STEPS):
            image.seek(k)
            seen.add(image.convert("RGB").tobytes())
    assert len(seen) == STEPS


@needs_ffmpeg
@needs_ffprobe
def test_mp4_has_a_frame_for_each_iterate(files):
    command = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-of", "json"]
    show = ["-show_entries", "stream=nb_read_frames,codec_name,pix_fmt,width,height"]
    found = subprocess.run([*command, *show, files["mp4"]], capture_output=True, check=True, text=True)
    (stream,) = json.loads(found.stdout)["streams"]
    assert (stream["codec_name"], stream["pix_fmt"]) == ("h264", "yuv420p")
    assert stream["nb_read_frames"] == str(STEPS)
    assert (stream["width"], stream["height"]) == (686, 386)  # 4:2:0 needs even sides


def test_drawing_only_what_moves_gives_the_whole_figure(name):
    # the reference draws everything anew, without a saved background
    chosen = animations.get(name)
    with style.style("paper"):
        data = chosen.prepare(steps=STEPS)
        film = Film(chosen.draw(data), STEPS)
        found = film.frame(4)
        scene = chosen.draw(data)
        for artist in scene.artists:
            artist.set_in_layout(False)
            artist.set_zorder(100)
        scene.update(4)
        scene.figure.canvas.draw()
        whole = np.asarray(scene.figure.canvas.buffer_rgba())[..., :3]
    # axes are clipped and drawn in another order, which may shade pixels at the edges of lines
    assert np.mean(np.any(found != whole, axis=2)) < 2e-3
    assert np.mean(np.any(found != film.background, axis=2)) > 5e-3


def test_frames_of_a_page_lie_over_its_picture(tmp_path):
    with style.style("slide"):
        chosen = animations.get("landscape")
        data = chosen.prepare(steps=STEPS)
        film = Film(chosen.draw(data), STEPS)
        _formats.write(tmp_path / "film.html", data, film)
        frame = film.frame(5).astype(int)
    text = (tmp_path / "film.html").read_text(encoding="utf-8")
    behind = picture(re.search(r'src="data:image/png;base64,([^"]+)', text)[1]).convert("RGBA")
    over = picture(film_of(tmp_path / "film.html")["frames"][4]).convert("RGBA")
    assert behind.size == over.size == (960, 540)
    assert np.mean(np.asarray(over)[..., 3] == 0) > 0.9
    shown = np.asarray(Image.alpha_composite(behind, over).convert("RGB")).astype(int)
    assert tuple(shown[2, 2]) == (255, 255, 255)
    assert np.mean(np.any(shown != frame, axis=2)) < 0.02
    assert np.abs(shown - frame).mean() < 0.1


def test_page_needs_nothing_else(files):
    text = files["html"].read_text(encoding="utf-8")
    own = re.sub(r"[A-Za-z0-9+/]{200,}={0,2}", "", text).replace("http-equiv", "")
    assert "{{" not in own
    for word in ("http", "://", "url(", "@import", "<link", "href", "fetch("):
        assert word not in own, word
    assert re.findall(r'src="([^,"]*)', own) == ["data:image/png;base64"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_player_in_a_browser(files, browser, scheme):
    """Keys and the slider step through the frames, playing ends at the last one, and axe-core finds no barrier."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    status = film_of(files["html"])["status"]
    context = browser.new_context(offline=True, color_scheme=scheme, reduced_motion="reduce")
    tab = context.new_page()
    said = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(files["html"].as_uri())
    assert tab.inner_text("#status") == status[0]
    tab.keyboard.press("ArrowRight")
    assert tab.inner_text("#status") == status[1]
    tab.focus("#time")
    tab.keyboard.press("End")
    assert tab.inner_text("#status") == status[-1]
    tab.get_by_role("button", name="Back").click()
    assert tab.inner_text("#status") == status[-2]
    tab.select_option("#speed", "4")
    tab.get_by_role("button", name="Play").click()
    until(tab, "document.getElementById('play').textContent === 'Play'")
    assert tab.inner_text("#status") == status[-1]
    assert [v["id"] for v in axe.run(tab).response["violations"]] == []
    assert said == []
    context.close()


def test_page_can_be_used_by_everyone(files):
    text = files["html"].read_text(encoding="utf-8")
    assert '<html lang="en">' in text
    for control in ("time", "speed"):
        assert f'<label for="{control}">' in text
    assert re.search(r'<input type="range" id="time" min="1" max="7" step="1"', text)
    assert 'aria-live="polite"' in text
    assert re.search(r'<img [^>]*alt="[^"]{40,}"', text)
    assert re.findall(r'<button type="button" id="\w+">(\w+)</button>', text) == ["Play", "Back", "Forward"]
    for query in ("prefers-color-scheme: dark", "prefers-reduced-motion: reduce"):
        assert query in text
    for key in ('" "', "ArrowLeft", "ArrowRight"):
        assert key in text


def test_same_command_gives_the_same_bytes(name, files, tmp_path):
    for kind, first in files.items():
        again = animate(name, tmp_path / f"film.{kind}", steps=STEPS, style="paper")
        assert again.read_bytes() == first.read_bytes(), kind


def test_staircase_ends_at_the_risks_of_the_run():
    data = animations.get("staircase").prepare(n=6, steps=9, step_size=0.25, seed=3)
    run = sco_flat.run("sam-chain", method="sam", n=6, steps=9, step_size=0.25, seed=3)
    last, average = run.points["last"], run.points["average"]
    assert data["population"][-1] == last.population_risk[0]
    assert data["empirical"][-1] == last.empirical_risk
    assert data["mean_population"][-1] == pytest.approx(average.population_risk[0], rel=1e-12)
    assert data["bound"] == next(c.bound for c in run.claims if "every suffix" in c.name)
    assert data["block"].shape == (9, 9)
    assert [int(np.count_nonzero(np.abs(row) > 0.5)) for row in data["block"]] == [0, 0, *range(1, 8)]
    assert data["mean_block"] == pytest.approx(np.cumsum(data["block"], axis=0) / np.arange(1, 10)[:, None], abs=1e-12)


def test_walk_ends_at_the_risks_of_the_runs():
    data = animations.get("walk").prepare(n=3, steps=9, step_size=0.5, flatness_radius=0.01, seed=2)
    assert set(data["population"]) == {"adversarial", "coordinate", "benign", "uniform"}
    for oracle, risk in data["population"].items():
        run = sco_flat.run(
            "sagd-blocks", method="sagd", n=3, steps=9, step_size=0.5, flatness_radius=0.01, seed=2, oracle=oracle
        )
        average = run.points["average"]
        assert risk[-1] == pytest.approx(average.population_risk[0], rel=1e-12, abs=1e-16)
        assert data["empirical"][oracle][-1] == pytest.approx(average.empirical_risk, rel=1e-12, abs=1e-16)
        assert set(run.event.columns) <= set(data["columns"])
    assert np.count_nonzero(data["entries"]["adversarial"][-1]) == 8
    assert np.count_nonzero(data["entries"]["benign"]) == 0
    assert data["b"]["benign"][-1] > 0.0 == data["b"]["adversarial"][-1]


def test_landscape_carries_its_paths():
    data = animations.get("landscape").prepare(n=4, steps=9, seed=1)
    for oracle in ("adversarial", "benign"):
        run = sco_flat.run(
            "sagd-blocks", method="sagd", n=4, steps=9, step_size=0.25, flatness_radius=0.02, seed=1, oracle=oracle,
            event="one",
        )  # fmt: skip
        last = run.points["last"]
        assert data["population"][oracle][-1] == last.population_risk[0]
        assert data["empirical"][oracle][-1] == last.empirical_risk
    # the surface is a function of (|x_I|, b): between its points it brackets the risk of the path
    x, row = data["x"], data["surface_population"][np.searchsorted(data["b"], 0.0)]
    path = np.interp(data["norm"]["adversarial"], x, row)
    assert path == pytest.approx(data["population"]["adversarial"], abs=np.diff(row).max() * 0.1)
    valley = np.abs(data["b"]) <= 0.02
    assert np.all((data["surface_empirical"] == 0.0) == valley[:, None])


def test_valley_carries_its_paths():
    data = animations.get("valley").prepare(steps=40, step_size=0.2, seed=3)
    numbers = {"steps": 40, "step_size": 0.2, "seed": 3, "start": "gaussian:1e-6"}
    for method in ("sam", "gd"):
        run = sco_flat.run("valley-2d", method=method, **numbers)
        assert data["loss"][method][-1] == run.points["last"].empirical_risk
    c, h, g, r = (data["parameters"][key] for key in "chgr")
    # the surface by its formula, in front of the apex
    b, x = data["b"][:, None], data["x"][data["x"] > 0.0]
    formula = np.maximum(np.abs(b) - c * x - h, 0.0) ** 2 / 2 + g * b**2 / 2
    assert data["surface"][:, data["x"] > 0.0] == pytest.approx(formula, abs=1e-15)
    # SAM: each iterate is the last one less eta times the gradient of that formula where the arrow ends
    for (at_b, at_x), old, new in zip(data["looked"], data["path"]["sam"], data["path"]["sam"][1:], strict=False):
        over = max(abs(at_b) - c * at_x - h, 0.0)
        assert np.hypot(at_b - old[0], at_x - old[1]) == pytest.approx(r)
        assert new == pytest.approx(old - 0.2 * np.array([np.sign(at_b) * over + g * at_b, -c * over]), abs=1e-15)
    sides = np.sign(data["path"]["sam"][1:, 0])
    assert np.all(sides[1:] == -sides[:-1])
    assert np.all(np.diff(data["path"]["sam"][:, 1]) > 0.0)
    assert np.ptp(data["path"]["gd"][:, 1]) == 0.0


def test_escape_carries_its_run():
    data = animations.get("escape").prepare(steps=60, step_size=0.03)
    loss = instances.get("factorisation")(n=1, steps=1, step_size=0.03, perturbation_radius=0.1)
    sharp = loss.lambda_max(np.zeros(27))
    assert data["parameters"]["c"] == pytest.approx(0.03 * sharp / 2)
    assert data["distance"][20] == pytest.approx(1e-9 * (0.03 * sharp - 1) ** 20, rel=1e-4) == data["rate"][20]
    assert data["sharpness"][0] > data["stable"] > data["sharpness"][-1] > loss.floor()
    start = 1e-9 * loss.steepest_direction(np.zeros(27))
    run = sco_flat.run("factorisation", steps=60, step_size=0.03, start=start)
    assert data["loss"][-1] == run.points["last"].empirical_risk
    middle = len(data["y"]) // 2
    assert data["y"][middle] == pytest.approx(0.0, abs=1e-15)
    floor = data["surface"][middle]
    at = [int(np.argmin(np.abs(data["x"] - place))) for place in (0.0, data["end"])]
    assert max(floor[at]) < 1e-2 < floor[0]  # both minima are on the slice


def test_window_carries_swad_on_every_prefix():
    """What it shows at t is SWAD's average of the first t iterates, by the observer of runs."""
    data = animations.get("window").prepare(n=3, steps=40, seed=2)
    run = sco_flat.run("sagd-blocks", method="sagd", n=3, steps=40, flatness_radius=0.3, seed=2)
    assert data["points"]["iterate"][-1, 1] == data["losses"][-1] == run.points["last"].population_risk[1]
    full = run.points["average"].population_risk[1]
    assert data["points"]["full"][-1, 1] == pytest.approx(full, rel=1e-12, abs=1e-16)
    q = data["points"]["iterate"][1, 0]  # one coordinate a step: the window ends with the last iterate in the ball
    assert data["end"] == 1 + int(0.3**2 / q**2)
    seen = set()
    for t in (2, 3, data["known"] - 1, data["known"], 40):
        distance, risk = data["points"]["swad"][t - 1]
        if t < 3:
            assert np.isnan(distance)
            assert np.isnan(risk)
            continue
        window = sco_flat.swad_window(data["losses"][:t])
        assert data["threshold"] == window.threshold
        assert window.ended == (t >= data["known"])
        seen.add(window.ended)
        walked = np.arange(window.start, window.end + 1)  # how many coordinates each iterate has
        mean = q * np.array([np.sum(walked > j) for j in range(t)]) / walked.size
        assert distance == pytest.approx(np.linalg.norm(mean), rel=1e-12)
        assert risk == pytest.approx(max(distance - 0.3, 0.0) ** 2 / 4, rel=1e-9, abs=1e-16)
    assert seen == {False, True}


def test_the_valleys_limit_is_that_of_small_steps():
    found = []
    for step_size in (0.4, 0.2, 0.1):
        data = animations.get("valley").prepare(steps=round(100 / step_size), step_size=step_size)
        found.append(abs(float(data["path"]["sam"][-1, 1]) / data["limit"][-1] - 1.0))
    assert found[0] > 1.5 * found[1] > 1.5**2 * found[2] > 0.0


def test_command_writes_where_it_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["animate", "walk", "--n", "3", "--steps", "4", "--step-size", "1/2", "--style", "paper"]) == 0
    assert capsys.readouterr().out == "walk.html\n"
    assert os.listdir(tmp_path) == ["walk.html"]
    assert len(film_of(tmp_path / "walk.html")["frames"]) == 4


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["stairs"], "did you mean 'staircase'"),
        (["walk", "--out", "walk.avi"], ".html, .gif, .mp4"),
        (["walk", "--out", "walk"], ".html, .gif, .mp4"),
        (["walk", "--out", "nowhere/walk.gif"], "is not a folder"),
        (["walk", "--out", "folder.html"], "is a folder"),
        (["walk", "--style", "tiny"], "paper, poster, slide"),
        (["walk", "--steps", "many"], "is not a whole number"),
        (["walk", "--steps", "1"], "T >= 2"),
        (["walk", "--steps", "1e4"], "1024 are the most"),
        (["staircase", "--n", "5"], "n >= 6"),
        (["staircase", "--flatness-radius", "0.1"], "rho = 0"),
        (["landscape", "--flatness-radius", "0.6"], "rho"),
        (["landscape", "--step-size", "nan"], "finite"),
        (["landscape", "--seed", "-1"], "seed"),
        (["valley", "--flatness-radius", "0.1"], "rho = 0"),
        (["valley", "--steps", "2000"], "1024 are the most"),
        (["valley", "--steps", "1"], "T >= 2"),
        (["valley", "--step-size", "3"], "must be below 2"),
        (["escape", "--step-size", "0.02"], "must be above 1 to leave"),
        (["escape", "--step-size", "0.07"], "does not settle"),
        (["escape", "--flatness-radius", "0.1"], "has no flat ball"),
        (["window", "--steps", "2"], "fewer than n_start = 3"),
        (["window", "--flatness-radius", "0.5"], "choose rho below"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(arguments, word, tmp_path, monkeypatch, capsys):
    (tmp_path / "folder.html").mkdir()
    monkeypatch.chdir(tmp_path)
    assert cli.main(["animate", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("sco-flat: ")
    assert err.count("\n") == 1
    assert word in err
    assert "allow-outside" not in err
    assert os.listdir(tmp_path) == ["folder.html"]


def test_bad_target_is_refused_before_anything_is_computed(tmp_path, monkeypatch):
    for name in animations.names():
        monkeypatch.setattr(sys.modules[f"sco_flat.animations.{name}"], "start", None)
    with pytest.raises(InputError, match="its ending"):
        animate("walk", tmp_path / "walk.webm")
    with pytest.raises(InputError, match="known names"):
        animate("walk", tmp_path / "walk.gif", stepsize=0.5)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc refuses new files even to root")
def test_read_only_folder_is_refused():
    with pytest.raises(InputError, match="cannot be written to"):
        animate("walk", "/proc/walk.gif", steps=3)


def test_mp4_without_ffmpeg_names_the_mend(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["animate", "walk", "--out", str(tmp_path / "walk.mp4")]) == 2
    err = capsys.readouterr().err
    assert "ffmpeg" in err
    assert ".html or .gif" in err
    assert err.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands for ffmpeg")
def test_ffmpeg_that_fails_leaves_nothing(tmp_path, monkeypatch):
    fake = tmp_path / "bin" / "ffmpeg"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho no such codec >&2\nexit 3\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(InputError, match="no such codec"):
        animate("walk", tmp_path / "walk.mp4", steps=3, style="paper")
    assert os.listdir(tmp_path) == ["bin"]


def test_interrupted_writing_keeps_the_old_file(tmp_path, monkeypatch):
    out = tmp_path / "walk.gif"
    out.write_bytes(b"old")

    def fail(path, data, film):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setitem(_formats.WRITERS, ".gif", fail)
    with pytest.raises(KeyboardInterrupt):
        animate("walk", out, steps=3, style="paper")
    assert out.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["walk.gif"]


def test_help_loads_no_numerical_package():
    code = (
        "import sys\nfrom sco_flat import cli\ntry:\n    cli.main(['animate', '--help'])\n"
        "except SystemExit:\n    pass\n"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'matplotlib', 'numba')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, stdout=subprocess.DEVNULL).returncode == 0
