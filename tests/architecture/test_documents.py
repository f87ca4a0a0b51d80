"""What is written beside the code stays true: settings, README, links, changelog."""

import re
import subprocess
from dataclasses import Field
from pathlib import Path
from typing import Any

import pytest

from bot.settings import setting_specs

_ROOT = Path(__file__).parents[2]
_EXAMPLE = (_ROOT / ".env.example").read_text(encoding="utf-8")
_README = (_ROOT / "README.md").read_text(encoding="utf-8")
_NOT_OURS = frozenset(
    {".git", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "__pycache__"}
    | {"mutants"}
)

# Written in pieces, so that this file does not hold what it looks for.
_FORBIDDEN = re.compile(
    "|".join(
        (
            r"py" + r"pi\.(?:org|python\.org)",
            r"python" + r"hosted\.org",
            r"registry\.npm" + r"js",
            # A path of one developer's machine; not the end of a longer path or a URL's.
            r"(?<![\w./:-])/" + r"(?:work|root|opt/pypi|opt/wheels)/",
        )
    )
)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def _files() -> list[Path]:
    """Return every file that is committed or would be; all that lie here without git."""
    command = "git -c safe.directory=* ls-files -z --cached --others --exclude-standard"
    listing = subprocess.run(  # noqa: S603  # a fixed command: the developer's own git
        command.split(), cwd=_ROOT, capture_output=True, check=False
    )
    if listing.returncode == 0:
        names = [name for name in listing.stdout.decode().split("\0") if name]
        return sorted(path for name in names if (path := _ROOT / name).is_file())
    found = (path for path in _ROOT.rglob("*") if path.is_file())
    return sorted(path for path in found if not _NOT_OURS & set(path.relative_to(_ROOT).parts))


_DOCUMENTS = [path for path in _files() if path.suffix == ".md" and "payloads" not in path.parts]


def _relative(path: Path) -> str:
    return path.relative_to(_ROOT).as_posix()


def _default(value: object) -> str:
    """Return a setting's default as one would write it, or an empty text."""
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


# --- .env.example


def test_env_example_lists_every_setting_once_and_in_order() -> None:
    listed = re.findall(r"(?m)^#?([A-Z][A-Z0-9_]*)=", _EXAMPLE)

    assert listed == [spec.name.upper() for spec in setting_specs()]


@pytest.mark.parametrize("spec", [pytest.param(s, id=s.name.upper()) for s in setting_specs()])
def test_env_example_explains_each_setting_with_its_default(spec: Field[Any]) -> None:
    default = _default(spec.default)
    name = spec.name.upper()
    line = f"#{name}={default}" if default else f"{name}="

    assert f"\n# {spec.metadata['summary']}. Default: {default or 'none'}\n{line}\n" in _EXAMPLE


def test_env_example_has_the_sections_of_the_settings() -> None:
    source = (_ROOT / "bot" / "settings.py").read_text(encoding="utf-8")

    sections = re.findall(r"(?m)^# --- (.+)$", _EXAMPLE)

    assert sections == re.findall(r"(?m)^    # --- (.+)$", source)


# --- README and CHANGELOG


def test_readme_names_the_two_commands_first() -> None:
    blocks = re.findall(r"(?ms)^```\w*\n(.*?)^```", _README)

    commands = [line.split("#")[0].strip() for line in blocks[0].splitlines()]

    assert commands == ["make demo", "make test"]


def test_readme_has_the_notice_that_discogs_requires() -> None:
    notice = (
        "This application uses Discogs' API but is not affiliated with, sponsored or endorsed by "
        "Discogs. 'Discogs' is a trademark of Zink Media, LLC."
    )

    assert notice in " ".join(_README.replace(">", " ").split())


def test_readme_names_no_setting_that_does_not_exist() -> None:
    known = {spec.name.upper() for spec in setting_specs()}
    prefixes = "DISCORD|SPOTIFY|DISCOGS|EURIA|WEB|LOG|SHARD|DATA|SECRET|DATABASE|REDIS"

    named = set(re.findall(rf"\b(?:{prefixes})S?_[A-Z_]*[A-Z]\b", _README))

    assert named - known == set()


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"\bmake ([a-z][a-z-]*)\b(?=`|\s*$|\s+#|\s+[A-Z]+=)", _README)))
)
def test_readme_names_no_make_target_that_does_not_exist(target: str) -> None:
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")

    assert re.search(rf"(?m)^{re.escape(target)}:.* ## \S", makefile)


def test_changelog_has_a_section_for_what_is_unreleased() -> None:
    headings = re.findall(r"(?m)^## (.+)$", (_ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))

    assert headings[0] == "[Unreleased]"


# --- All documents


@pytest.mark.parametrize("document", [pytest.param(d, id=_relative(d)) for d in _DOCUMENTS])
def test_document_links_to_files_that_exist(document: Path) -> None:
    text = re.sub(r"(?ms)^```.*?^```", "", document.read_text(encoding="utf-8"))
    targets = [target.partition("#")[0] for target in _LINK.findall(text)]

    broken = [
        target
        for target in targets
        if target and ":" not in target and not (document.parent / target).exists()
    ]

    assert broken == []


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (_ROOT / "docs" / "decisions").glob("*.md"))

    assert [name[:5] for name in names] == [f"{n:04}-" for n in range(1, len(names) + 1)]


@pytest.mark.parametrize(
    "decision",
    [
        pytest.param(path, id=path.stem)
        for path in sorted((_ROOT / "docs" / "decisions").glob("*.md"))
    ],
)
def test_decision_says_context_choice_and_consequences(decision: Path) -> None:
    headings = re.findall(r"(?m)^## (.+)$", decision.read_text(encoding="utf-8"))

    assert headings[:3] == ["Context", "Choice", "Consequences"]


# --- All files


def test_files_name_no_package_registry_and_no_machine() -> None:
    found = {
        _relative(path): _FORBIDDEN.findall(path.read_text(encoding="utf-8", errors="replace"))
        for path in _files()
    }

    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("bot/sandbox/data/albums.json", id="the sandbox's records"),
        pytest.param("bot/sandbox/data/sentences.json", id="the sandbox's prose"),
        pytest.param("bot/locales/fr/LC_MESSAGES/aime.po", id="the french texts"),
    ],
)
def test_file_that_the_bot_reads_is_not_ignored_by_git(name: str) -> None:
    assert _ROOT / name in _files()
