"""Sessions for contributors: ``nox -f .noxfile.py -s tests`` (or lowest, newest, lint, deep)."""

import nox

EXTRAS = ("data", "dask", "parquet")
"""Optional parts that the package itself loads."""


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Run the default suite."""
    session.install("-e", ".[test]")
    session.run("pytest", "-n", "2", "--dist", "worksteal", "-m", "not deep")


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """Run the default suite on the lowest versions that pyproject declares of what the package loads."""
    project = nox.project.load_toml("pyproject.toml")["project"]
    declared = [*project["dependencies"], *(d for extra in EXTRAS for d in project["optional-dependencies"][extra])]
    session.install("-e", ".[test]", *(d.replace(">=", "==") for d in declared))
    # old versions use what the newest ones of their own dependencies deprecate
    session.run("pytest", "-n", "2", "--dist", "worksteal", "-m", "not deep", "-W", "default::DeprecationWarning")


@nox.session(python="3.13")
def newest(session: nox.Session) -> None:
    """Run the default suite on the newest versions of everything."""
    session.install("--upgrade", "--upgrade-strategy", "eager", "-e", ".[test]")
    session.run("pytest", "-n", "2", "--dist", "worksteal", "-m", "not deep")


@nox.session
def deep(session: nox.Session) -> None:
    """Run the deep suite."""
    session.install("-e", ".[test]")
    session.run("pytest", "-m", "deep")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and types."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
