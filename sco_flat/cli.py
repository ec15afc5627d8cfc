"""The command line. Only the chosen command loads the numerical packages, so that ``--help`` is instant."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any, NoReturn

from sco_flat import __version__, numbers
from sco_flat._registry import names
from sco_flat.errors import InputError, unknown_name

EXAMPLES = """examples:
  sco-flat run sam-chain --method sam --n 6 --steps 64 --step-size 1/6
  sco-flat check 7 --parameters printed --n 12 --step-size 1/24 --steps 16
  sco-flat check 7 --evidence every-sample --n 20 --steps 1000 --step-size 1/24..1/4 --certificate seven.json
  sco-flat verify seven.json
  sco-flat reproduce --out report
  sco-flat explore --out page.html

exit codes: 0 fine, 1 a claim fails, 2 input that cannot be used"""


SWEEP_FILE = """the file:
  instance = "sam-chain"                     # or a list; so method and oracle
  method = ["gd", "sam"]
  record = ["average", "last"]               # lowest_suffix, bounds, stability
  allow_outside = true                       # also cells beyond the theorem
  [let]                                      # names that only formulas read
  k = [1, 2]
  [axes]                                     # n, T, eta, radius, flatness, width, any option of run
  n = [6, 8]
  T = { logspace = [16, 512, 6] }            # or linspace; from, to, count
  eta = 0.0625
  radius = "flatness + k/(eta*sqrt(T))"      # a formula of other axes, or "auto"
  flatness = 0
  [random]
  repeat = 8                                 # seed = 0, by = [] (axes that draw anew)
  [plot]
  x = "T"                                    # options of sco-flat plot"""
STYLES = "size of the figure's print: paper (default), slide or poster"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError("command", " ".join(sys.argv[1:]) or "(empty)", message, f"see {self.prog} --help")


def _numbers(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--method", metavar="M", help=f"{', '.join(names('methods'))}; default: the theorem's")
    add("--n", metavar="N", help="sample size n")
    add("--steps", metavar="T", help="number of iterates T")
    add("--step-size", metavar="E", help="eta; numbers may be written 1/24, and for proofs as a range 1/24..1/4")
    add("--radius", metavar="R", help="perturbation radius r, or auto (default): the largest that the theorem allows")
    add("--flatness-radius", metavar="P", help="flatness radius rho of the loss")
    add("--oracle", metavar="O", help=f"SA-GD: {', '.join(names('oracles'))}")
    add("--parameters", metavar="SET", help="sam-chain: corrected (default) or printed")
    add("--preset", metavar="SET", help="sagd-blocks: paper (default) or robust")
    add("--engine", metavar="E", help=f"{', '.join(names('engines'))}; default: the sparsest that supports the run")
    add("--seed", metavar="K", help="root of all random streams, default 0")
    add("--start", metavar="W", help="zero (default) or gaussian:SCALE")
    add("--epsilon", metavar="X", help="SAM: added to the gradient norm, default 0")
    add("--batch-size", metavar="B", help="SAM: examples a step, default all")
    add("--no-normalize", action="store_true", help="SAM: ascend by r grad instead of r grad / |grad|")
    add("--order", metavar="O", help="SGD: one-pass (default), without-replacement, with-replacement")
    add("--schedule", metavar="S", help="constant (default), inverse-sqrt, linear-decay, warm-up")
    add("--project", action="store_true", help="project on the unit ball after every step")
    add("--width", metavar="M", help="number of columns m, default 2^n")
    add("--event", metavar="E", help="any, one or free; default: the theorem's event")
    add("--set", metavar="KEY=VALUE", action="append", default=[], help="any other constant of the instance")
    add("--allow-outside", action="store_true", help="run although a hypothesis fails, and mark it")
    add("--json", action="store_true", help="print one JSON object")


def parser() -> argparse.ArgumentParser:
    """Build the parser."""
    top = _Parser(
        prog="sco-flat",
        description="Flat minima and generalisation in stochastic convex optimisation (arXiv 2511.03548).",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"sco-flat {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    found = commands.add_parser("list", help="instances, methods, oracles, engines, theorems")
    found.add_argument("--json", action="store_true", help="print one JSON object")
    run = commands.add_parser("run", help="run a method on an instance and print every risk")
    run.add_argument("instance", metavar="INSTANCE", help=", ".join(names("instances")))
    run.add_argument("--save", metavar="FILE.npz", help="write codes, last, average (dense) and the parameters")
    _numbers(run)
    check = commands.add_parser("check", help="check a theorem item by item on a run")
    check.add_argument("theorem", metavar="THEOREM", help="1 to 8")
    check.add_argument(
        "--evidence", metavar="E", default="float",
        help="float (default: a run suggests), bracket (proved for the sample), every-sample (for all of the event)",
    )  # fmt: skip
    check.add_argument("--precision", metavar="BITS", help="bits of the balls of a proof, default 200")
    check.add_argument("--certificate", metavar="FILE.json", help="write the proof as a certificate")
    _numbers(check)
    certify = commands.add_parser(
        "certify", help="convexity, smoothness and minima of an instance, by cvxpy and in balls"
    )
    certify.add_argument("instance", metavar="INSTANCE", help=", ".join(names("instances")))
    _numbers(certify)
    errata = commands.add_parser("errata", help="slips of the paper, each with the evaluation that shows it")
    errata.add_argument("key", metavar="KEY", nargs="?", help="one of them, for example 7a; default: all")
    errata.add_argument("--json", action="store_true", help="print one JSON object")
    bounds = commands.add_parser(
        "bounds", help="worst cases by semidefinite programs; measured stability beside its bounds"
    )
    kinds = bounds.add_subparsers(dest="kind", metavar="KIND", parser_class=_Parser, required=True)
    stability = kinds.add_parser("stability", help="leave-one-out stability, measured, beside its bounds")
    stability.add_argument("instance", metavar="NAME", help=f"{', '.join(names('instances'))}")
    stability.add_argument("--dimension", metavar="D", help="dimension of an ordinary problem, default 40")
    _numbers(stability)
    risk = kinds.add_parser("risk", help="population risk over samples against the bounds in three strengths")
    risk.add_argument("instance", metavar="NAME", help=f"{', '.join(names('instances'))}")
    risk.add_argument("--samples", metavar="K", default="16", help="samples to average over, default 16")
    risk.add_argument("--dimension", metavar="D", help="dimension of an ordinary problem, default 40")
    _numbers(risk)
    plot = kinds.add_parser(
        "plot", help="figure: lower bound, measured risk, three strengths and the paper's bound, over T and over r"
    )
    plot.add_argument(
        "instance", metavar="NAME", nargs="?",
        help="as for risk, T up to --steps and r around --radius; default: all methods, as in the report",
    )  # fmt: skip
    plot.add_argument("--out", metavar="DIR", default=".", help="folder for bounds.png, .pdf, .json; default: this one")
    plot.add_argument("--samples", metavar="K", default="8", help="samples to average over, default 8")
    plot.add_argument("--style", metavar="S", default="paper", help=STYLES)
    plot.add_argument("--dimension", metavar="D", help="dimension of an ordinary problem, default 40")
    _numbers(plot)
    gaps = kinds.add_parser("gaps", help="upper against lower bounds, theorem by theorem, and which gaps are open")
    gaps.add_argument("--json", action="store_true", help="print one JSON object")
    pep = kinds.add_parser("pep", help="the exact worst case over all losses, bracketed and verified")
    pep.add_argument(
        "--theorem", metavar="K", default="lemma",
        help="2 (F^r(average) of SA-GD), 5 (F(average) of SAM), or lemma (mean F(w_t + v_t), default)",
    )  # fmt: skip
    for option, default, text in (
        ("steps", "8", "number of iterates T"), ("step-size", "1/4", "eta"), ("radius", "1", "perturbation radius r"),
        ("flatness-radius", "0", "flatness radius rho of the loss"), ("smoothness", "1", "beta"),
        ("distance", "1", "D = |w_1 - w*|"),
    ):  # fmt: skip
        pep.add_argument(f"--{option}", metavar="X", default=default, help=f"{text}, default {default}")
    pep.add_argument("--json", action="store_true", help="print one JSON object, with the multipliers of the proof")
    verify = commands.add_parser("verify", help="check a certificate again, from its data alone")
    verify.add_argument("file", metavar="FILE.json", help="a certificate that check --certificate wrote")
    verify.add_argument("--json", action="store_true", help="print one JSON object")
    sweep = commands.add_parser(
        "sweep", help="run a file of parameter axes; resumable",
        description="Run every cell that a TOML file declares. Kill it when you like: the same command goes on.",
        epilog=SWEEP_FILE, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    sweep.add_argument("file", metavar="FILE.toml", help="instances, methods, oracles, axes; see README, Sweeps")
    sweep.add_argument("--out", metavar="DIR", help="folder of the store, default: FILE without .toml, here")
    sweep.add_argument("--dry-run", action="store_true", help="print cells, time and memory to expect; change nothing")
    sweep.add_argument("--workers", metavar="K", help="processes, default: as many as the machine has cores")
    sweep.add_argument(
        "--backend", metavar="B", default="joblib", help="joblib (default) or dask, a cluster of its own"
    )
    sweep.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="a running Dask scheduler")
    sweep.add_argument("--extend", action="store_true", help="the file changed: keep what is there, add the rest")
    sweep.add_argument("--new", action="store_true", help="the file changed: set the store aside, start again")
    sweep.add_argument("--retry", action="store_true", help="run failed cells again")
    sweep.add_argument("--json", action="store_true", help="print one JSON object")
    collect = commands.add_parser("collect", help="write the table of a sweep: CSV, metadata, Parquet")
    collect.add_argument("folder", metavar="DIR", help="folder of the sweep, running or not")
    collect.add_argument("--parquet", action="store_true", help='table.parquet, too (pip install "sco_flat[parquet]")')
    collect.add_argument("--json", action="store_true", help="print one JSON object")
    plot = commands.add_parser("plot", help="draw a sweep: line, heatmap or phase diagram")
    plot.add_argument("folder", metavar="DIR", help="folder of the sweep, running or not")
    plot.add_argument("--kind", metavar="KIND", help="line, heatmap or phase; default: the file's [plot]")
    plot.add_argument("--x", metavar="COLUMN", help="horizontal axis")
    plot.add_argument("--y", metavar="COLUMN", help="vertical axis of a heatmap or phase diagram")
    plot.add_argument("--value", metavar="COLUMN", help="what is drawn, default average.population_risk")
    plot.add_argument("--unit", metavar="FORMULA", help="divide by it, for example eta**2*r**2*T")
    plot.add_argument("--by", metavar="COLUMN", help="lines: one for each value")
    plot.add_argument("--facet", metavar="COLUMN", help="small multiples: one panel for each value")
    plot.add_argument("--where", metavar="COLUMN=VALUE", action="append", default=[], help="only these rows")
    plot.add_argument("--bounds", action="store_true", help='lines: overlay bounds (record = [..., "bounds"])')
    plot.add_argument("--style", metavar="S", help=STYLES)
    plot.add_argument("--out", metavar="FILE", help="default DIR/plot.pdf; the ending chooses pdf, svg or png")
    animate = commands.add_parser(
        "animate", help="a run as a page with a player, a GIF or an MP4",
        description="staircase: SAM on the chain (Theorem 7). walk: SA-GD on the blocks under four oracles (Theorem "
        "3). landscape: its paths over both risks. One frame for each iterate.",
    )  # fmt: skip
    animate.add_argument("name", metavar="NAME", help=", ".join(names("animations")))
    animate.add_argument(
        "--out", metavar="FILE", help="default NAME.html; the ending chooses html, gif or mp4 (mp4 needs ffmpeg)"
    )
    animate.add_argument("--n", metavar="N", help="sample size n; each animation has its own default")
    animate.add_argument("--steps", metavar="T", help="number of iterates T, one frame each, default 64")
    animate.add_argument("--step-size", metavar="ETA", help="eta")
    animate.add_argument("--flatness-radius", metavar="RHO", help="flatness radius rho of the loss")
    animate.add_argument("--seed", metavar="S", help="root of all random streams, default 0")
    animate.add_argument("--style", metavar="LOOK", default="slide", help="paper, slide (default) or poster")
    explore = commands.add_parser(
        "explore", help="write a page to play with: one HTML file that simulates by itself",
        description="Write one HTML file for any browser, without network or server. Sliders drive SAM on the chain "
        "and SA-GD on the blocks, which run in the page and give the package's numbers; a link holds the settings.",
    )  # fmt: skip
    explore.add_argument("--out", metavar="FILE.html", default="explore.html", help="default explore.html")
    reproduce = commands.add_parser("reproduce", help="all eight theorems over a grid: table, figures, report.html")
    reproduce.add_argument("--out", metavar="DIR", default="sco-flat-report", help="folder, default sco-flat-report")
    reproduce.add_argument("--style", metavar="S", default="paper", help=STYLES)
    reproduce.add_argument("--quick", action="store_true", help="a smaller grid")
    return top


def keywords(args: argparse.Namespace, real: Any = numbers.real) -> dict[str, Any]:
    """Turn the shared options into keyword arguments of `sco_flat.run`; only those that were given.

    ``real`` reads a number: to a float, or for proofs to exact ends.
    """
    given: dict[str, Any] = {} if args.method is None else {"method": args.method}
    for name, reader in (
        ("n", numbers.whole), ("steps", numbers.whole), ("step_size", real), ("flatness_radius", real),
        ("seed", numbers.whole), ("epsilon", numbers.real), ("batch_size", numbers.whole), ("width", numbers.whole),
    ):  # fmt: skip
        text = getattr(args, name)
        if text is not None:
            given[name] = reader(name.replace("_", "-"), text)
    if args.radius is not None:
        given["perturbation_radius"] = "auto" if args.radius == "auto" else real("radius", args.radius)
    for name in ("oracle", "parameters", "preset", "engine", "order", "schedule", "event"):
        if getattr(args, name) is not None:
            given[name] = getattr(args, name)
    if args.start is not None and args.start != "zero":
        kind, _, scale = args.start.partition(":")
        if kind != "gaussian":
            raise InputError("start", args.start, "must be zero or gaussian:SCALE", "write for example gaussian:1e-3")
        given["start"] = ("gaussian", numbers.real("start", scale))
    for item in args.set:
        key, _, value = item.partition("=")
        given[key.replace("-", "_")] = numbers.real(key, value) if real is numbers.real else numbers.exact(key, value)
    given |= {"normalize": False} if args.no_normalize else {}
    given |= {"project": True} if args.project else {}
    given |= {"allow_outside": True} if args.allow_outside else {}
    return given


def _list(args: argparse.Namespace) -> int:
    from sco_flat import engines, instances, methods, oracles, works

    data = {
        "instances": {k: instances.get(k).title for k in instances.names()},
        "methods": {k: methods.get(k).title for k in methods.names()},
        "oracles": {k: f"{o.title}; ties: {o.tie_rule}" for k in oracles.names() for o in [oracles.get(k)]},
        "engines": {k: engines.get(k).title for k in engines.names()},
        "statements": {k: works.get(k).text for k in works.names()},
    }
    if args.json:
        print(json.dumps(data, indent=1))
        return 0
    for group, entries in data.items():
        print(group)
        for name, title in entries.items():
            print(f"  {name:<12} {title}")
    return 0


def _run(args: argparse.Namespace) -> int:
    from sco_flat import export, requests, runs
    from sco_flat.works.base import build

    request = requests.request_from(args.instance, **keywords(args))
    if args.save:
        export.check_target(args.save, build(request))
    run, simulation = runs.execute(request)
    if args.save:
        export.save(args.save, run, simulation)
    if args.json:
        print(json.dumps(run.as_dict(), indent=1))
    else:
        from sco_flat import terminal

        print(terminal.run_text(run))
    return 1 if any(c.verdict == "fails" and c.kind == "conclusion" for c in run.claims) else 0


def _check(args: argparse.Namespace) -> int:
    from sco_flat import checks, works

    theorem = args.theorem
    if args.evidence != "float":
        return _prove(args, int(works.get(theorem).key.rpartition(".")[2]))
    for key in ("precision", "certificate"):
        if getattr(args, key) is not None:
            raise InputError(key, getattr(args, key), "a float check proves nothing", "add --evidence every-sample")
    found = checks.check(theorem, **keywords(args))
    if args.json:
        print(json.dumps(found.as_dict(), indent=1))
    else:
        from sco_flat import terminal

        print(terminal.check_text(found))
    return 1 if found.verdict == "fails" else 0


def _prove(args: argparse.Namespace, theorem: int) -> int:
    from sco_flat.proofs.prove import prove

    if args.certificate:
        from pathlib import Path

        from sco_flat._files import writable_folder

        writable_folder("certificate", Path(args.certificate).resolve().parent)
    given = keywords(args, numbers.span) | ({} if args.precision is None else {"precision": args.precision})
    found = prove(theorem, args.evidence.replace("-", " "), **given)
    if args.certificate:
        from sco_flat.proofs import files

        files.write(args.certificate, found)
    if args.json:
        print(json.dumps(found.as_dict(), indent=1))
    else:
        from sco_flat import terminal

        print(terminal.proof_text(found))
    return 0 if found.verdict == "proved" else 1


def _certify(args: argparse.Namespace) -> int:
    from sco_flat.inspection import certify
    from sco_flat.results import overall

    claims = certify.certify(args.instance, **keywords(args))
    if args.json:
        print(json.dumps({"instance": args.instance, "claims": [c.as_dict() for c in claims]}, indent=1))
    else:
        from sco_flat import terminal

        print(terminal.certify_text(args.instance, claims))
    return 1 if overall(claims) == "fails" else 0


def _errata(args: argparse.Namespace) -> int:
    from sco_flat.works.flat_minima import errata

    found = errata.evaluate(args.key)
    if args.json:
        print(json.dumps([e.as_dict() for e in found], indent=1))
    else:
        from sco_flat import terminal

        print(terminal.errata_text(found))
    return 0 if all(e.as_expected for e in found) else 1


def _bounds(args: argparse.Namespace) -> int:
    return {"gaps": _gaps, "pep": _pep, "plot": _plot, "risk": _risk, "stability": _stability}[args.kind](args)


def _gaps(args: argparse.Namespace) -> int:
    from sco_flat.works.flat_minima import gaps

    rows = gaps.table()
    if args.json:
        print(json.dumps([row.as_dict() for row in rows], indent=1))
    else:
        from sco_flat import terminal

        print(terminal.gaps_text(rows))
    return 0


def _dimension(args: argparse.Namespace) -> dict[str, Any]:
    return {} if args.dimension is None else {"dimension": numbers.whole("dimension", args.dimension)}


def _source(args: argparse.Namespace) -> Any:
    """Read a method on a problem, registered or ordinary, from the options."""
    from sco_flat import requests
    from sco_flat.comparisons import curves
    from sco_flat.works.base import build

    samples = numbers.whole("samples", args.samples)
    if samples < 2:
        raise InputError("samples", samples, "a confidence interval needs at least 2", "choose --samples 16")
    given = keywords(args) | _dimension(args)
    request = requests.request_from(args.instance, **given)
    build(request)
    given = {"n": request.n, "steps": request.steps, "step_size": request.step_size} | given
    given.pop("method", None)
    return curves.Source(args.instance, request.settings.method, given, samples)


def _risk(args: argparse.Namespace) -> int:
    from sco_flat.results import overall

    found = _source(args).strengths()
    if args.json:
        print(json.dumps(found.as_dict(), indent=1))
    else:
        from sco_flat import terminal

        print(terminal.strengths_text(found))
    return 1 if overall(found.claims) == "fails" else 0


def _plot(args: argparse.Namespace) -> int:
    from pathlib import Path

    from sco_flat._files import writable_folder
    from sco_flat.plots import style
    from sco_flat.works.flat_minima.figures import data as figures

    style.settings(args.style)  # refuses another name before anything is run
    folder = Path(args.out)
    if not folder.is_dir():
        raise InputError("out", args.out, "is not a folder", "make it, or choose another")
    writable_folder("out", folder)
    if args.instance is None:
        unread = {
            "samples": "8",
            "out": args.out,
            "json": args.json,
            "command": "bounds",
            "kind": "plot",
            "style": args.style,
        }
        for key, value in vars(args).items():
            if value not in (None, False, []) and unread.get(key) != value:
                raise InputError(key.replace("_", "-"), value, "needs a NAME", "see sco-flat bounds plot --help")
        data = figures.bounds_data(quick=False)
    else:
        data = figures.bounds_of(_source(args))
    figures.save(folder, "bounds", data, args.style)
    (folder / "bounds.json").write_text(json.dumps(data, indent=1) + "\n")
    if args.json:
        print(json.dumps(data, indent=1))
    else:
        from sco_flat import terminal

        print(terminal.curves_text(data, figures.bounds_notes(data)))
        print("written: " + ", ".join(str(folder / f"bounds.{kind}") for kind in ("png", "pdf", "json")))
    return 1 if data["failures"] else 0


def _stability(args: argparse.Namespace) -> int:
    from sco_flat import requests
    from sco_flat.comparisons import stability
    from sco_flat.results import overall

    found, claims = stability.claims(requests.request_from(args.instance, **keywords(args), **_dimension(args)))
    if args.json:
        print(json.dumps(found.as_dict() | {"claims": [c.as_dict() for c in claims]}, indent=1))
    else:
        from sco_flat import terminal

        print(terminal.stability_text(found, claims))
    return 1 if overall(claims) == "fails" else 0


def _pep(args: argparse.Namespace) -> int:
    from sco_flat.bounds import pep

    read = {
        key: numbers.exact(key.replace("_", "-"), getattr(args, key))
        for key in ("step_size", "radius", "flatness_radius", "smoothness", "distance")
    }
    for key in ("smoothness", "distance"):
        if read[key] <= 0:
            raise InputError(key, read[key], "must be positive", f"choose {key} > 0")
    steps = numbers.whole("steps", args.steps)
    if args.theorem in pep.STATEMENTS and pep.SLOW < steps <= pep.LARGEST:
        print(f"sco-flat: {pep.size(args.theorem, steps)}", file=sys.stderr)
    radii = (read[key] / read["distance"] for key in ("radius", "flatness_radius"))
    found = pep.worst_case(args.theorem, steps, read["step_size"] * read["smoothness"], *radii)
    unit = float(read["smoothness"] * read["distance"] ** 2)
    if args.json:
        print(json.dumps(found.as_dict() | {"unit": unit}, indent=1))
    else:
        from sco_flat import terminal

        print(terminal.worst_case_text(found, unit))
    return 0 if found.upper is not None and found.lower is not None else 1


def _verify(args: argparse.Namespace) -> int:
    from sco_flat.proofs import files

    outcome = files.verify(args.file)
    print(json.dumps(outcome.as_dict(), indent=1) if args.json else outcome.text())
    return 0 if outcome.valid else 1


def _sweep(args: argparse.Namespace) -> int:
    from pathlib import Path

    from sco_flat.sweeps import plan, sweep

    if args.extend and args.new:
        raise InputError("new", "with --extend", "they exclude each other", "choose one")
    if args.backend not in ("joblib", "dask"):
        raise unknown_name("backend", args.backend, ("joblib", "dask"))
    workers = os.cpu_count() or 1 if args.workers is None else numbers.whole("workers", args.workers)
    if workers < 1:
        raise InputError("workers", workers, "must be at least 1", "leave it out")
    folder = Path(args.out) if args.out else Path(Path(args.file).stem)
    if args.dry_run:
        found = sweep.dry_run(plan.read(args.file), folder, workers)
        if args.json:
            print(json.dumps(vars(found), indent=1))
        else:
            print(
                f"{found.cells} cells, {found.waiting} to run: about {sweep.elapsed(found.seconds)} and "
                f"{found.megabytes:.0f} MB on {workers} worker(s), from {found.probes} cells that were timed"
            )
        return 0
    mode = "extend" if args.extend else "new" if args.new else None
    try:
        counts = sweep.run(
            args.file, folder, workers=workers, backend=args.backend, scheduler=args.scheduler, mode=mode,
            retry=args.retry,
        )  # fmt: skip
    except KeyboardInterrupt:
        print(f"sco-flat: interrupted; rows so far are in {folder}, the same command goes on", file=sys.stderr)
        return 130
    if args.json:
        print(json.dumps(vars(counts) | {"folder": str(folder)}, indent=1))
    else:
        text = f"{counts.done} of {counts.total} cells done, {counts.failed} failed, in {folder}"
        outside = f"; {counts.outside} rows of other files or sources are kept beside them" if counts.outside else ""
        print(text + outside + ("; --retry runs failed cells again" if counts.failed else ""))
    return 1 if counts.failed else 0


def _collect(args: argparse.Namespace) -> int:
    from sco_flat.sweeps import collect

    found = collect.collect(args.folder, parquet=args.parquet)
    if args.json:
        print(json.dumps(found, indent=1))
        return 0
    print(f"{args.folder}: table.csv with {found['done']} rows and {len(found['columns'])} columns, metadata.json")
    for key, text in (("waiting", "are not run yet"), ("failed", "failed: see failures.csv")):
        if found[key]:
            print(f"{found[key]} of {found['cells']} cells {text}")
    if found["stale"]:
        print("the sources changed since: sco-flat sweep computes these cells again")
    return 0


def _draw(args: argparse.Namespace) -> int:
    from sco_flat.sweeps import draw

    options = {k: getattr(args, k) for k in ("kind", "x", "y", "value", "unit", "by", "facet", "style")}
    given = {k: v for k, v in options.items() if v is not None}
    given |= {"where": args.where} if args.where else {}
    given |= {"bounds": True} if args.bounds else {}
    print(draw.draw(args.folder, args.out, given))
    return 0


def _animate(args: argparse.Namespace) -> int:
    from sco_flat.animations import NUMBERS, animate

    given = {key: getattr(args, key) for key in NUMBERS if getattr(args, key) is not None}
    print(animate(args.name, args.out, style=args.style, **given))
    return 0


def _reproduce(args: argparse.Namespace) -> int:
    from sco_flat.reproduce import main as reproduction

    return reproduction.reproduce(args.out, args.quick, args.style)


def _explore(args: argparse.Namespace) -> int:
    from sco_flat.explore import page

    print(page.write(args.out))
    return 0


COMMANDS = {
    "animate": _animate,
    "list": _list,
    "run": _run,
    "check": _check,
    "bounds": _bounds,
    "certify": _certify,
    "collect": _collect,
    "errata": _errata,
    "explore": _explore,
    "plot": _draw,
    "sweep": _sweep,
    "verify": _verify,
    "reproduce": _reproduce,
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    given = sys.argv[1:] if argv is None else argv
    try:
        if given and not given[0].startswith("-") and given[0] not in COMMANDS:
            raise unknown_name("command", given[0], COMMANDS)
        args = parser().parse_args(given)
        if args.command is None:
            parser().print_help()
            return 0
        return COMMANDS[args.command](args)
    except InputError as error:
        print(f"sco-flat: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("sco-flat: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
