"""Promises about the code as a whole that no linter knows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.client import EXTENSIONS
from bot.errors import SENTENCES, sentence
from bot.i18n import LANGUAGES, Catalogue
from services import errors

_ROOT = Path(__file__).parents[2]
_MAX_MODULE_LINES = 400
_MAX_FUNCTION_LINES = 50
_MODULES = [
    path
    for package in ("bot", "cogs", "services")
    for path in sorted((_ROOT / package).rglob("*.py"))
]


def _relative(path: Path) -> str:
    return path.relative_to(_ROOT).as_posix()


def _error_classes(
    kind: type[errors.ExternalServiceException] = errors.ExternalServiceException,
) -> Iterator[type[errors.ExternalServiceException]]:
    yield kind
    for subclass in kind.__subclasses__():
        yield from _error_classes(subclass)


_ERROR_CLASSES = [pytest.param(kind, id=kind.__name__) for kind in dict.fromkeys(_error_classes())]


def _make(kind: type[errors.ExternalServiceException]) -> errors.ExternalServiceException:
    if issubclass(kind, errors.ServiceDisabled):
        return kind("discogs", "search", settings=["DISCOGS_TOKEN"])
    return kind("discogs", "search")


# --- Cogs


def test_extensions_are_the_cogs_that_exist() -> None:
    modules = (path for path in (_ROOT / "cogs").iterdir() if not path.name.startswith(("_", ".")))

    assert sorted(EXTENSIONS) == sorted(f"cogs.{path.stem}" for path in modules)


def test_extensions_are_listed_in_order_and_once() -> None:
    assert list(EXTENSIONS) == sorted(set(EXTENSIONS))


# --- The error tree and its sentences


@pytest.mark.parametrize("kind", _ERROR_CLASSES)
def test_error_has_a_sentence_of_its_own_or_of_a_nearer_class_than_the_root(
    kind: type[errors.ExternalServiceException],
) -> None:
    nearest = next(ancestor for ancestor in kind.__mro__ if ancestor in SENTENCES)

    # These two are for what has no better name.
    is_nameless = kind in (errors.ExternalServiceException, errors.RefusedLocally)
    assert is_nameless or nearest is not errors.ExternalServiceException


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("kind", _ERROR_CLASSES)
def test_error_becomes_a_sentence_that_names_the_upstream(
    kind: type[errors.ExternalServiceException], language: str
) -> None:
    text = sentence(_make(kind), Catalogue().texts(language))

    assert "Discogs" in text
    assert "{" not in text
    assert text.endswith(".")


def test_sentences_belong_to_classes_of_the_tree() -> None:
    assert set(SENTENCES) <= set(_error_classes())


def test_error_tree_is_drawn_with_every_class_in_its_module() -> None:
    drawing = errors.__doc__ or ""

    missing = [kind.__name__ for kind in _error_classes() if kind.__name__ not in drawing]

    assert missing == []


# --- Sizes


def test_modules_are_short_enough_to_read() -> None:
    lines = {_relative(path): path.read_text(encoding="utf-8").count("\n") for path in _MODULES}

    assert {name: size for name, size in lines.items() if size > _MAX_MODULE_LINES} == {}


def test_functions_are_short_enough_to_read() -> None:
    sizes = {
        f"{_relative(path)}::{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in _MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {name: size for name, size in sizes.items() if size > _MAX_FUNCTION_LINES} == {}


def test_modules_do_not_bear_names_that_say_nothing() -> None:
    assert {path.stem for path in _MODULES} & {"utils", "helpers", "common", "misc"} == set()
