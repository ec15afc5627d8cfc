"""``report.html``: one self-contained page with the table, the figures and how to make them again."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sco_flat._files import with_policy
from sco_flat.terminal.texts import statement

if TYPE_CHECKING:
    from sco_flat.proofs.prove import Proof
    from sco_flat.works.base import Work
    from sco_flat.works.errata import Shown
    from sco_flat.works.gap import Gap
    from sco_flat.works.row import Line

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fffffd; --quiet: #5a5a5a; --line: #c9c9c4; --good: #0b6b3a;
  --bad: #a3260f; --tint: #f3f3ee; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e4df; --paper: #16181b; --quiet: #a9a9a4; --line: #44474b;
  --good: #6fd3a0; --bad: #ff9b85; --tint: #202327; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5; font-size: 1.06rem;
  font-family: Charter, "Bitstream Charter", Cambria, Georgia, "DejaVu Serif", serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .4rem; text-wrap: balance; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .6rem; }
.by { color: var(--quiet); margin: 0 0 1.6rem; }
.abstract { margin: 0 0 1.5rem; padding: .2rem 0 .2rem 1.1rem; border-left: 3px solid var(--line); }
.abstract h2 { margin: 0 0 .2rem; font-size: 1rem; }
.abstract p { margin: 0; }
.wide { overflow-x: auto; margin: 0 0 .6rem; }
table { border-collapse: collapse; width: 100%; font-size: .84rem; line-height: 1.35;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: .92rem; color: var(--quiet); padding-bottom: .5rem; }
thead th { border-top: 2px solid var(--ink); border-bottom: 1px solid var(--ink); }
tbody th, tbody td { border-bottom: 1px solid var(--line); }
tbody:last-of-type tr:last-child > * { border-bottom: 2px solid var(--ink); }
tbody.theorem th[scope=rowgroup] { background: var(--tint); padding: .45rem .5rem; font-weight: 600; }
th, td { text-align: left; vertical-align: top; padding: .3rem .5rem; }
tbody th[scope=row] { font-weight: 400; min-width: 13rem; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
.small { display: block; color: var(--quiet); font-size: .92em; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
figure { margin: 1.8rem 0; }
figure .wide { background: #fff; border: 1px solid var(--line); border-radius: 3px; }
img { display: block; width: 100%; min-width: 32rem; height: auto; background: #fff; }
figcaption { font-size: .92rem; margin-top: .5rem; }
pre { overflow-x: auto; background: var(--tint); padding: .7rem .9rem; font-size: .88rem; border-radius: 3px; }
code { font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .9em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
.notes li { margin-bottom: .5rem; }
@media (max-width: 34rem) { tbody th[scope=row] { min-width: 8.5rem; } th, td { padding: .3rem .3rem; } }
@media print { :root { --ink: #000; --paper: #fff; --quiet: #333; --line: #999; --good: #000; --bad: #000;
  --tint: #f3f3f3; }
  body { font-size: 10pt; } main { max-width: none; padding: 0; } .wide { overflow: visible; } img { min-width: 0; }
  figure, tr { break-inside: avoid; } h2 { break-after: avoid; } thead { display: table-header-group; } }
"""


def write_report(
    folder: str | Path,
    rows: Sequence[Mapping[str, Any]],
    figures: Sequence[Mapping[str, Any]],
    meta: Mapping[str, Any],
    proofs: Sequence[Proof] = (),
    errata: Sequence[Shown] = (),
    gaps: Sequence[Gap] = (),
    lines: Sequence[Line] = (),
    *,
    works: Sequence[Work],
) -> Path:
    """Write ``report.html``: no script, no network, figures inside.

    Parameters
    ----------
    folder : path
        An existing folder.
    rows : sequence of mappings
        One for each claim, in the order of the page: ``theorem``, ``statement``, ``measured``, ``relation``,
        ``bound``, ``verdict``, ``expected``, ``evidence``, and where there are any ``claim``, ``label``, ``instance``,
        ``method``, ``n``, ``T``, ``eta``, ``r``, ``rho``, ``runs``, ``seeds``, ``source``, ``note``.
    figures : sequence of mappings
        What `sco_flat.works.figures.make` returns, for each.
    meta : mapping
        ``version``, ``command``, ``seconds`` and whatever else describes the environment.
    proofs, errata, gaps : sequences
        Of `sco_flat.works.base.prove`, `sco_flat.works.errata.evaluate` and the works' ``gaps``.
    lines : sequence of Line
        What `sco_flat.works.row.table` returns.
    works : sequence of Work
        Whose statements these are; the first gives the page its heading.

    Returns
    -------
    Path
        The page.
    """
    title = works[0].heading
    source, *others = (work.citation.rpartition(", ")[2] for work in works)
    named = "; ".join(f"{work.title} ({where})" for work, where in zip(works[1:], others, strict=True))
    parts = [
        "<header>",
        f"<h1>{escape(title)}</h1>",
        f'<p class="by">A reproduction by sco_flat {escape(str(meta.get("version", "")))} of {escape(source)}'
        f"{escape(f', with {named}' if named else '')}</p>",
        "</header>",
        _abstract(rows, len(proofs), len(errata), works),
        _table(rows),
        _figures(figures),
        _proofs(proofs),
        _errata(errata),
        _gaps(gaps),
        _works(lines),
        _care(rows),
        _again(meta, works),
    ]
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main>\n</body>\n</html>\n"
    )
    path = Path(folder) / "report.html"
    path.write_text(with_policy(page), encoding="utf-8")
    return path


def expected(row: Mapping[str, Any]) -> bool:
    """Whether a verdict is the one that was expected; without an expectation, anything but a failure."""
    wanted = row.get("expected")
    return bool(row["verdict"] == wanted) if wanted else row["verdict"] != "fails"


_SYMBOLS = {"eta": "η", "rho": "ρ", "beta": "β", "delta": "δ", "gamma": "γ", "<=": "≤", ">=": "≥"}


def _text(value: Any) -> str:
    """Escape a text, with mathematics that is spelled in ASCII written in its own letters."""
    found = re.sub(r"\b(?:eta|rho|beta|delta|gamma)(?![a-z])|<=|>=", lambda m: _SYMBOLS[m[0]], str(value))
    return escape(found)


def _number(value: Any) -> str:
    if value is None:
        return "–"
    number = float(value)
    if not math.isfinite(number):
        return str(number)
    return f"{number:.4g}".replace("e-0", "e-").replace("e+0", "e")


def _total(rows: Iterable[Mapping[str, Any]]) -> int:
    return sum(int(row.get("runs", 1)) for row in rows)


def _abstract(rows: Sequence[Mapping[str, Any]], proofs: int, errata: int, works: Sequence[Work]) -> str:
    stated = list(dict.fromkeys(str(row["theorem"]) for row in rows))
    theorems = [name for name in stated if re.search(r"(^|: )Theorem [^ ]+$", name)]
    others = len(stated) - len(theorems)
    counts = [f"{len(theorems)} theorem{'s' * (len(theorems) != 1)}"]
    counts += [f"{others} corollar{'y, remark or conjecture' if others == 1 else 'ies, remarks and conjectures'}"] * (
        others > 0
    )
    odd = [row for row in rows if not expected(row)]
    meant = [row for row in rows if row["verdict"] == "fails" and expected(row)]
    outcome = "all came out as expected" if not odd else f"{len(odd)} did not come out as expected (marked in Table 1)"
    failing = (
        f", {len(meant)} of them by failing, because the printed form is wrong or out of its range" if meant else ""
    )
    sentences = (
        *(work.introduction for work in works if work.introduction),
        f"This page holds {len(rows)} claims of {len(stated)} statements ({', '.join(counts)}) against "
        f"{_total(rows)} measurements (one for each claim of each run): {outcome}{failing}.",
        "Lower bounds are compared with the risk of simulated iterates, and upper bounds with the printed constants "
        "and with sharper ones.",
        "A float run can support or refute an inequality but not prove it; the column “evidence” says how far each "
        "verdict reaches."
        + (f" Table 2 has {proofs} proofs for every sample, each for a box of numbers." if proofs else "")
        + (f" Table 3 lists {errata} printed places that need care, with their numbers." if errata else ""),
    )
    return (
        '<section class="abstract" aria-labelledby="abstract">\n<h2 id="abstract">Abstract</h2>\n'
        f"<p>{escape(' '.join(sentences), quote=False)}</p>\n</section>"
    )


def _setting(row: Mapping[str, Any]) -> str:
    names = (("n", "n"), ("T", "T"), ("eta", "η"), ("r", "r"), ("rho", "ρ"))
    texts = [str(row[k]) for k in ("label", "instance") if row.get(k)]
    if row.get("method"):
        texts.append(str(row["method"]))
    for key, symbol in names:
        value = row.get(key)
        if value is not None and value != "":
            texts.append(f"{symbol} = {_number(value) if isinstance(value, float) else value}")
    for key in ("runs", "seeds"):
        if row.get(key):
            texts.append(f"{row[key]} {key if row[key] != 1 else key[:-1]}")
    return ", ".join(texts)


def _verdict(row: Mapping[str, Any]) -> str:
    text = str(row["verdict"])
    if expected(row):
        kind = "good" if text in ("holds", "proved") else "small"
        text = f"{text}, as expected" if text == "fails" else text
        return f'<span class="{kind}">{escape(text)}</span>'
    return f'<span class="bad">{escape(text)}, expected: {escape(str(row.get("expected", "holds")))}</span>'


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    head = ("Statement", "Measured", "", "Bound", "Verdict", "Evidence")
    cells = "".join(
        f'<th scope="col"{_NUMBER if name in ("Measured", "Bound") else ""}>{name or _RELATION}</th>' for name in head
    )
    groups = []
    for theorem in dict.fromkeys(row["theorem"] for row in rows):
        own = [row for row in rows if row["theorem"] == theorem]
        # one line for the theorem where its rows share the statement, and the claim of each row below it
        shared = str(own[0]["statement"]) if len({row["statement"] for row in own}) == 1 else ""
        title = f"{theorem}" + (f". {shared}" if shared else "")
        lines = [f'<tr><th scope="rowgroup" colspan="6">{_text(title)}</th></tr>']
        for row in own:
            text = row.get("claim") or row.get("quantity") if shared else row["statement"]
            lines.append(
                f'<tr><th scope="row">{_text(text or row["statement"])}'
                f'<span class="small">{escape(_setting(row))}</span></th>'
                f"<td{_NUMBER}>{escape(_number(row['measured']))}</td><td>{escape(_sign(row))}</td>"
                f"<td{_NUMBER}>{escape(_number(row['bound']))}</td><td>{_verdict(row)}</td>"
                f"<td>{escape(str(row['evidence']))}</td></tr>"
            )
        groups.append('<tbody class="theorem">\n' + "\n".join(lines) + "\n</tbody>")
    return (
        '<section aria-labelledby="table">\n<h2 id="table">The statements</h2>\n'
        '<div class="wide" tabindex="0">\n<table>\n'
        "<caption>Table 1. Each statement with its tightest case: what was measured, what it is held against, and the "
        "verdict over all runs.</caption>\n"
        f"<thead><tr>{cells}</tr></thead>\n" + "\n".join(groups) + "\n</table>\n</div>\n</section>"
    )


_NUMBER = ' class="number"'
_RELATION = '<span aria-label="relation"></span>'
_SIGNS = {"<=": "≤", ">=": "≥", "==": "="}


def _sign(row: Mapping[str, Any]) -> str:
    relation = str(row["relation"])
    return _SIGNS.get(relation, relation)


def _figures(figures: Sequence[Mapping[str, Any]]) -> str:
    if not figures:
        return ""
    parts = ['<section aria-labelledby="figures">', '<h2 id="figures">Figures</h2>']
    for place, figure in enumerate(figures, 1):
        data = base64.b64encode(Path(figure["file_png"]).read_bytes()).decode("ascii")
        alt = str(figure.get("alt", figure["name"]))
        parts.append(
            f'<figure id="figure-{place}">\n<div class="wide" tabindex="0"><img alt="{escape(alt)}" '
            f'src="data:image/png;base64,{data}"></div>\n'
            f"<figcaption><b>Figure {place}.</b> {_text(figure['caption'])} "
            f'<span class="small">Vector file: {escape(Path(figure["file_pdf"]).name)}</span></figcaption>\n</figure>'
        )
    parts.append("</section>")
    return "\n".join(parts)


def _proofs(proofs: Sequence[Proof]) -> str:
    """What is proved for every sample, with its constant and probability."""
    if not proofs:
        return ""
    lines = []
    for p in proofs:
        text = p.guarantee.removeprefix("guaranteed ") or f"verdict: {p.verdict}"
        lines.append(
            f'<tr><th scope="row">{_text(p.stated.called)}<span class="small">{_text(p.label)}</span></th>'
            f"<td>{_text(text[:1].upper() + text[1:])}</td><td>{_text(p.verdict)}</td></tr>"
        )
    caption = (
        "Table 2. Decided in ball arithmetic and exact fractions for all samples of the theorem’s event at once, and "
        "for every value of the ranges. <code>sco-flat check N --evidence every-sample --certificate FILE</code> "
        "writes each as a certificate."
    )
    heads = [f'<th scope="col">{h}</th>' for h in ("Theorem", "What is guaranteed", "Verdict")]
    return _section("proofs", "Proved for every sample", caption, heads, lines)


def _section(key: str, title: str, caption: str, heads: Sequence[str], lines: Sequence[str]) -> str:
    """A section with one table."""
    return (
        f'<section aria-labelledby="{key}">\n<h2 id="{key}">{title}</h2>\n<div class="wide" tabindex="0">\n<table>\n'
        f"<caption>{caption}</caption>\n<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n"
        + "\n".join(lines)
        + "\n</tbody>\n</table>\n</div>\n</section>"
    )


def _errata(errata: Sequence[Shown]) -> str:
    """Slips of the paper with the numbers that show them."""
    if not errata:
        return ""
    lines = []
    for e in errata:
        shown = [f'<span class="bad">false</span>: {_text(statement(e.false))}'] if e.false is not None else []
        shown.append(f'<span class="good">true</span>: {_text(statement(e.true))}')
        stale = "" if e.as_expected else ' <span class="bad">(not confirmed by this run)</span>'
        lines.append(
            f'<tr><th scope="row">{e.erratum.key}. {_text(e.erratum.where)}<span class="small">{e.erratum.kind}</span>'
            f"</th><td>{_text(e.erratum.printed)}</td><td>{_text(e.erratum.holds)}{stale}"
            f'<span class="small">{"<br>".join(shown)}<br><code>{escape(e.command)}</code></span></td></tr>'
        )
    false = sum(e.erratum.kind == "false" for e in errata)
    caption = (
        f"Table 3. {len(errata)} printed places that need care: {false} are false as printed, the others are gaps "
        "of a proof or misprints. The numbers come from this run."
    )
    heads = [f'<th scope="col">{h}</th>' for h in ("Where", "Printed", "What holds, and what shows it")]
    return _section("errata", "Errata", caption, heads, lines)


def _gaps(gaps: Sequence[Gap]) -> str:
    """Upper against lower bounds."""
    if not gaps:
        return ""
    lines = []
    for g in gaps:
        ratios = ["" if x is None else f'<span class="small">{_number(x)}× worst</span>' for x in g.ratios]
        numbers = [_number(g.paper) + ratios[0], _number(g.sharper) + ratios[1], _number(g.certified), _number(g.worst)]
        where = f"{'Theorem ' * g.theorem[:1].isdigit()}{g.theorem}"
        lines.append(
            f'<tr><th scope="row">{_text(where)}<span class="small">{_text(g.quantity)}, in units of '
            f"{_text(g.unit)}</span></th>"
            + "".join(f"<td{_NUMBER}>{x}</td>" for x in numbers)
            + f"<td>{_text(g.state)}"
            "</td></tr>"
        )
    caption = (
        "Table 4. Upper bounds beside the largest value that is known to occur, at ηβ = 1/4, T = 64, n = 20. Lower "
        "bounds on expectations: what is proved for every sample, times the probability of the event. Program: "
        "verified multipliers of a semidefinite program, for these numbers only."
    )
    numeric = [f'<th scope="col"{_NUMBER}>{h}</th>' for h in ("Paper", "Sharper", "Program", "Worst known")]
    heads = ['<th scope="col">Where</th>', *numeric, '<th scope="col">Gap</th>']
    return _section("gaps", "How tight it is", caption, heads, lines)


def _works(lines: Sequence[Line]) -> str:
    """All works in one table."""
    if not lines:
        return ""
    from sco_flat.works.row import HEAD

    shown = [
        f'<tr><th scope="row">{_text(work)}<span class="small">{_text(loss)}</span></th>'
        + "".join(f"<td>{_text(cell)}</td>" for cell in cells)
        + "</tr>"
        for work, loss, *cells in (line.cells for line in lines)
    ]
    heads = [f'<th scope="col">{h}</th>' for h in (f"{HEAD[0]}, {HEAD[1].lower()}", *HEAD[2:])]
    caption = "Table 5. All works: what is called flat, and what it is worth. Every answer is that of a statement."
    return _section("works", "All works in one table", caption, heads, shown)


def _care(rows: Sequence[Mapping[str, Any]]) -> str:
    found: dict[tuple[Any, str], list[str]] = {}
    for row in rows:
        if row.get("note"):
            named = str(row.get("claim") or row.get("quantity") or row["statement"])
            found.setdefault((row["theorem"], str(row["note"])), []).append(named)
    for row in rows:
        if row["verdict"] == "fails" and not row.get("note"):
            named = str(row.get("claim") or row.get("quantity") or row["statement"])
            text = f"{_number(row['measured'])} {_sign(row)} {_number(row['bound'])} is false"
            text = f"fails, as expected: {text}" if expected(row) else f"fails: {text}"
            where = f"{text} ({_setting(row)})."
            found.setdefault((row["theorem"], where), []).append(named)
    if not found:
        return ""
    order = list(dict.fromkeys(row["theorem"] for row in rows))
    items = [
        f"<li><b>{escape(str(theorem))}</b> ({_text('; '.join(dict.fromkeys(names)))}): {_text(note)}</li>"
        for (theorem, note), names in sorted(found.items(), key=lambda item: order.index(item[0][0]))
    ]
    return (
        '<section aria-labelledby="care">\n<h2 id="care">Where the printed statements need care</h2>\n'
        '<ul class="notes">\n' + "\n".join(items) + "\n</ul>\n</section>"
    )


def _again(meta: Mapping[str, Any], works: Sequence[Work]) -> str:
    command = str(meta.get("command", "sco-flat reproduce"))
    lines = []
    for key, value in meta.items():
        if key != "command":
            text = f"{value:.1f}" if isinstance(value, float) else str(value)
            lines.append(f"<dt>{escape(str(key))}</dt><dd>{escape(text)}</dd>")
    return (
        '<section aria-labelledby="again">\n<h2 id="again">How to reproduce</h2>\n'
        f"<pre><code>{escape(command)}</code></pre>\n"
        "<p>The command writes this page, the tables as CSV and JSON, and each figure as PNG and PDF. Samples and "
        "random choices follow from the seeds, so the same version gives the same numbers.</p>\n"
        '</section>\n<section aria-labelledby="cite">\n<h2 id="cite">Citation</h2>\n'
        + "".join(f"<p>{escape(work.title)}. {escape(work.citation)}.</p>\n" for work in works)
        + "</section>\n"
        '<section aria-labelledby="versions">\n<h2 id="versions">Versions and environment</h2>\n<dl>'
        + "".join(lines)
        + "</dl>\n</section>"
    )
