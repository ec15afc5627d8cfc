"""Sessions for contributors: ``nox -f .noxfile.py -s tests`` (or lint, deep)."""

import nox


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Run the default suite."""
    session.install("-e", ".[test]")
    session.run("pytest", "-n", "2", "-m", "not deep")


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
