"""The table of docs/resilience.md stays true: it has every behaviour, and its tests exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_DOCUMENT = (_ROOT / "docs" / "resilience.md").read_text(encoding="utf-8")
_ROWS = re.findall(r"(?m)^\| (\d+) \| (.+?) \| (.+?) \|$", _DOCUMENT)
# What only a store shared between processes can show.
_LATER = {"43"}
_NAMED = sorted({name for _, _, shown in _ROWS for name in re.findall(r"`([^`]+)`", shown)})


@cache
def _defined(path: Path) -> frozenset[str]:
    """Return the names that a module defines at its top."""
    names = set[str]()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return frozenset(names)


def test_every_behaviour_is_in_the_table_once_and_in_order() -> None:
    assert [number for number, _, _ in _ROWS] == [str(number) for number in range(1, 67)]


@pytest.mark.parametrize(
    "shown",
    [pytest.param(shown, id=number) for number, _, shown in _ROWS if number not in _LATER],
)
def test_behaviour_is_shown_by_a_test(shown: str) -> None:
    # And by nothing else: a test whose name was mistyped would not be looked for.
    assert re.fullmatch(r"`[\w/.]+::\w+`(<br>`[\w/.]+::\w+`)*", shown)


@pytest.mark.parametrize("named", _NAMED)
def test_test_that_the_table_names_exists(named: str) -> None:
    path, _, name = named.partition("::")

    assert name.startswith(("test_", "bench_"))
    assert (_ROOT / path).is_file()
    assert name in _defined(_ROOT / path)
