"""The table of ``docs/resilience.md``: every behaviour is there, and every test it names exists."""

import ast
import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs" / "resilience.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_ROWS = [(int(row[1]), row[3]) for row in _ROW.finditer(_PAGE)]
_NAMED = sorted({(test[1], test[2]) for _, cell in _ROWS for test in _TEST.finditer(cell)})
# They need what a later issue brings, or are measured and not tested; the table says which.
_WITHOUT_TEST = frozenset({31, 43, 57, 58, 59, 64})


def test_table_has_every_behaviour_once_and_in_order() -> None:
    assert [number for number, _ in _ROWS] == list(range(1, 67))


@pytest.mark.parametrize(("number", "cell"), _ROWS, ids=[str(number) for number, _ in _ROWS])
def test_behaviour_names_a_test_or_why_there_is_none(number: int, cell: str) -> None:
    assert (_TEST.search(cell) is None) == (number in _WITHOUT_TEST)
    assert _TEST.sub("", cell).replace("<br>", "").strip() == "" or number in _WITHOUT_TEST


@pytest.mark.parametrize(("path", "name"), _NAMED, ids=[f"{path}-{name}" for path, name in _NAMED])
def test_named_test_exists(path: str, name: str) -> None:
    tree = ast.parse((_ROOT / path).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, functions)}
