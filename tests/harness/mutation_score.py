"""The mutation score per module, and a failure when there are too many survivors.

``make mutants`` runs it: ``mutmut results --all True | python -m harness.mutation_score 85``.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

_LINE = re.compile(r"\s+(?P<module>[\w.]+?)\.x[_ǁ]\S+__mutmut_\d+: (?P<status>.+)")
# A mutant that never ends, or takes the process down, is noticed as surely as by a failing test.
_ENDED = ("timeout", "segfault")
_NOT_RUN = ("not checked", "skipped")


class Score(NamedTuple):
    """What became of the mutants of a module, or of all.

    Attributes:
        killed: A test failed.
        ended: The tests did not come to an end, or the process did not survive them.
        survived: No test noticed.
    """

    killed: int
    ended: int
    survived: int

    @property
    def percent(self) -> float:
        """The share that was noticed, 0 to 100."""
        noticed = self.killed + self.ended
        return 100 * noticed / (noticed + self.survived)


def read_scores(lines: Iterable[str]) -> dict[str, Score]:
    """Return the score of each module that was tested, and of ``all`` together.

    Raises:
        ValueError: No mutant was tested, or a line is not mutmut's.
    """
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        found = _LINE.fullmatch(line.rstrip())
        if found is None:
            raise ValueError(f"not a result of mutmut: {line!r}")
        if found["status"] not in _NOT_RUN:
            counts[found["module"]][found["status"]] += 1
            counts["all"][found["status"]] += 1
    if not counts:
        raise ValueError("no mutant was tested")
    return {module: _score(count) for module, count in counts.items()}


def render_scores(scores: dict[str, Score]) -> str:
    """Return a table in Markdown, all together in the last row."""
    rows = sorted(scores.items(), key=lambda row: (row[0] == "all", row[0]))
    lines = ["| module | mutants | killed | never ended | survived | score |"]
    lines.append("|---|---:|---:|---:|---:|---:|")
    lines += [
        f"| {module.removeprefix('services.resilience.')} | {sum(score)} | {score.killed} | "
        f"{score.ended} | {score.survived} | {score.percent:.1f} % |"
        for module, score in rows
    ]
    return "\n".join(lines)


def _score(count: Counter[str]) -> Score:
    killed, ended = count["killed"], sum(count[status] for status in _ENDED)
    return Score(killed, ended, count.total() - killed - ended)


def main(least: float) -> int:
    """Print the scores of what mutmut says on standard input; 1 when they are below ``least`` %."""
    scores = read_scores(sys.stdin)
    sys.stdout.write(f"{render_scores(scores)}\n")
    if scores["all"].percent >= least:
        return 0
    sys.stdout.write(f"The score is below {least:g} %: see docs/mutants.md\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
