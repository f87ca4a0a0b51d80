"""The gate of ``make mutants`` counts what mutmut says, and can fail."""

import io

import pytest
from harness.mutation_score import Score, main, read_scores, render_scores

_RETRY = "    services.resilience.retry.xǁRetryǁ_wait__mutmut_{}: {}\n"
_CODEC = "    services.resilience.codec.x_decode__mutmut_{}: {}\n"


def test_scores_count_what_was_tested_by_module_and_together() -> None:
    lines = [
        _RETRY.format(1, "killed"),
        _RETRY.format(2, "timeout"),
        _RETRY.format(3, "survived"),
        _RETRY.format(4, "segfault"),
        _RETRY.format(5, "not checked"),
        _CODEC.format(1, "killed"),
        _CODEC.format(2, "no tests"),
        _CODEC.format(12, "suspicious"),
    ]

    scores = read_scores(lines)

    assert scores == {
        "services.resilience.retry": Score(killed=1, ended=2, survived=1),
        "services.resilience.codec": Score(killed=1, ended=0, survived=2),
        "all": Score(killed=2, ended=2, survived=3),
    }


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="nothing at all"),
        pytest.param([_RETRY.format(1, "not checked")], id="nothing tested"),
        pytest.param(["Failed to run clean test\n"], id="something else"),
    ],
)
def test_scores_of_nothing_are_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError, match=r"mutmut|no mutant"):
        read_scores(lines)


def test_score_table_ends_with_all() -> None:
    scores = {"all": Score(3, 1, 1), "services.resilience.retry": Score(3, 1, 1)}

    table = render_scores(scores)

    assert table.splitlines()[2:] == [
        "| retry | 5 | 3 | 1 | 1 | 80.0 % |",
        "| all | 5 | 3 | 1 | 1 | 80.0 % |",
    ]


@pytest.mark.parametrize(
    ("least", "code"),
    [pytest.param(75.0, 0, id="just enough"), pytest.param(75.1, 1, id="just too few")],
)
def test_score_below_the_limit_fails(
    least: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = [_RETRY.format(n, "killed") for n in (1, 2, 3)] + [_RETRY.format(4, "survived")]
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(results)))

    assert main(least) == code
    assert ("below 75.1 %" in capsys.readouterr().out) == bool(code)
