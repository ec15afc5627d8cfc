"""The house: what may import what, no circle, nothing known by another file's name, and no long file or function."""

import ast
import re
import tokenize
from io import StringIO
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sco_flat"
FILES = sorted(PACKAGE.rglob("*.py"))
LAYERS = [
    {
        "errors",
        "_files",
        "_workers",
        "_cache",
        "_contexts",
        "_outside",
        "_jit",
        "_held",
        "_linked",
        "_pointed",
        "_typed",
        "digits",
        "draws",
        "cores",
        "memory",
        "numbers",
        "_registry",
        "patience",
        "colours",
        "presentation",
        "vocabulary",
        "results",
        "signatures",
        "traits",
    },
    {
        "samples",
        "columns",
        "instances",
        "networks",
        "methods",
        "oracles",
        "measures",
        "averages",
        "engines",
        "settings",
        "requests",
        "curvature",
        "compilation",
        "_admission",
    },
    {"bounds", "inspection", "proofs", "plots"},
    {"works"},
    {"comparisons", "runs", "checks", "export"},
    {"sweeps", "reports", "animations", "explore", "terminal"},
    {"cli", "__main__"},
]
"""From below; a file imports from its own layer or from lower ones."""
PLACE = {name: k for k, layer in enumerate(LAYERS) for name in layer}


def module(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in FILES}


def imports(path, *, eager):
    """Modules of the package that a file imports, on import alone or at all."""
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree) if not eager else (n for top in tree.body for n in ast.walk(top) if _at_once(top))
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sco_flat"):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("sco_flat"))


def _at_once(top):
    typing_only = isinstance(top, ast.If) and "TYPE_CHECKING" in ast.unparse(top.test)
    return not typing_only and not isinstance(top, (ast.FunctionDef, ast.ClassDef))


def home(name):
    return name.split(".")[1] if "." in name else ""


# the rules look at all files in one test each: 1,900 tests took longer to report than to run


def test_every_module_has_its_layer():
    assert {home(name) for name in MODULES} - {""} <= set(PLACE), "say in which layer it belongs"


def test_nothing_imports_upwards():
    above = [
        (name, other)
        for name, path in MODULES.items()
        if home(name)
        for other in imports(path, eager=True)
        if home(other) and PLACE[home(other)] > PLACE[home(name)]
    ]
    assert above == []


def test_no_circle():
    """Nor one that a late import, or one for checkers only, hides."""
    # the package itself names for checkers all that it offers
    found = {name: imports(path, eager=name == "sco_flat") for name, path in MODULES.items()}
    graph = {name: set(others) & set(MODULES) - {name} for name, others in found.items()}
    while True:
        leaves = {name for name, wanted in graph.items() if not wanted}
        if not leaves:
            break
        graph = {name: wanted - leaves for name, wanted in graph.items() if name not in leaves}
    assert not graph


SUBJECT = r"(?:method|instance|(?:instance|loss|cls|rule|maximiser)\.name)"
END = r"""(?:["'][^\]\)]{0,20}[\]\)])?(?:\.lower\(\))?"""
TEST = r"(?:==|!=|\bnot in\b|\bin\b)"
NAMED = re.compile(
    rf"""\b{SUBJECT}{END}\s*{TEST}\s*[(\[{{]?\s*["']|["']\s*(?:==|!=)\s*[\w.]*(?:\[["'])?\b{SUBJECT}\b"""
)
"""Comparisons of a method's or a loss's name with a text, whoever holds it: also ``x["instance"] != "huber"``."""


def test_nothing_is_known_by_the_name_of_another_file():
    assert {name: found for name, path in MODULES.items() if (found := NAMED.findall(path.read_text()))} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('if method == "sam":', True),
        ("settings.method != 'sam'", True),
        ('arguments["instance"] != "flat-erm"', True),
        ("cell.labels['method'] == 'sgd'", True),
        ('cell.get("method") == "sam"', True),
        ('given.get("instance", "huber") == "huber"', True),
        ('instance.name in ("huber", "logistic")', True),
        ('loss.name not in {"huber"}', True),
        ('rule.name.lower() == "gd"', True),
        ('"flat-erm" != arguments["instance"]', True),
        ('"sam" == method', True),
        ('arguments["instance"] == other["instance"]', False),
        ("method in known", False),
        ('"method" in given', False),
        ('key in ("method", "instance")', False),
        ('numbers["instance"], "sam-chain"', False),
    ],
)
def test_comparisons_with_names_are_seen(text, found):
    assert bool(NAMED.search(text)) == found


EVERY = sorted(p for folder in ("sco_flat", "tests", "experiments", "notebooks") for p in (ROOT / folder).rglob("*.py"))


def test_no_long_file_and_no_long_function():
    long = []
    for path in EVERY:
        text, name = path.read_text(), str(path.relative_to(ROOT))
        if len(text.splitlines()) > 500:
            long.append(name)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno - node.lineno >= 80:
                long.append((name, node.name))
    assert long == []


def test_works_lie_below_what_runs_and_compares():
    above = {"comparisons", "runs", "checks"}
    found = {
        name
        for name, path in MODULES.items()
        if home(name) == "works" and above & {home(other) for other in imports(path, eager=False)}
    }
    assert found <= {"sco_flat.works.flat_minima.figures.bounds"}


NUMBER = re.compile(r"(?i)theorem(?:s|[_-])?\s*(?:=\s*[\"']?)?\d|\Aflat-minima\.\d\S*\Z")
"""A theorem's number: ``Theorem 7``, ``theorem7``, ``theorem=7``; a key with one, but for examples in a help text."""
COMMENT = re.compile(r"/\*.*?\*/|<!--.*?-->|(?<![:\"'\\])//[^\n]*", re.DOTALL)


def code(text):
    """The words of Python source that are neither comments nor docstrings: names, and the texts of strings."""
    tree = ast.parse(text)
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, holders)]
    # a text that stands alone is a docstring: of what it begins, or of the constant before it
    told = {id(x.value) for body in bodies for x in body if isinstance(x, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value
    line = ""
    for token in tokenize.generate_tokens(StringIO(text).readline):
        if token.type in (tokenize.NEWLINE, tokenize.NL):
            yield line
            line = ""
        elif token.type != tokenize.COMMENT:
            line += "''" if token.type == tokenize.STRING else f" {token.string}"
    yield line


def numbers_in(name, text):
    """The theorem numbers in a file's code."""
    words = code(text) if name.endswith(".py") else [COMMENT.sub("", text)]
    return [found for word in words for found in NUMBER.findall(word)]


APART = [p for p in (*FILES, *PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.html")) if "works" not in p.parts]


def test_only_works_know_numbers_of_theorems():
    known = {str(path.relative_to(ROOT)): numbers_in(path.name, path.read_text()) for path in APART}
    assert {name: found for name, found in known.items() if found} == {}


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.py", 'SOURCE = "sharper than the paper, Theorem 5"', True),
        ("a.py", 'x = f"{paper}, Theorems 4 and {y}"', True),
        ("a.py", 'x = ("Theorem "\n     "7, at T")', True),
        ("a.py", "bound = lower.theorem7(n=3)", True),
        ("a.py", "def theorem_7(): ...", True),
        ("a.py", "check(theorem=7)", True),
        ("a.py", 'statement = get("flat-minima.7")', True),
        ("a.py", 'help = "a statement, for example flat-minima.7"', False),
        ("a.py", "def f():\n    return 'theorem 3'", True),
        ("a.py", '"""Theorem 3."""\nX = 1\n"""As in Theorem 4."""\n\ndef f():\n    """See Theorem 5."""', False),
        ("a.py", "x = 1  # Theorem 3", False),
        ("a.py", 'x = "outside the theorem: 3 cells"', False),
        ("a.js", 'add("Theorem 7, corrected");', True),
        ("a.js", "// Theorem 7\nadd(1); /* Theorem 3 */", False),
        ("a.js", 'x = "https://a.b"; y = "Theorem 7";', True),
        ("a.html", "<b>SAM (Theorem 7)</b>", True),
        ("a.html", "<!-- Theorem 7 --><b>SAM ({chain})</b>", False),
    ],
)
def test_numbers_of_theorems_are_seen(name, text, found):
    assert bool(numbers_in(name, text)) == found
