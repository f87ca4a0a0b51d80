import msgspec
import pytest
from fakes.jobs import CHORE, Chore, Recorder

from services.jobs.kinds import Abandon, Handlers, JobKind
from services.resilience.retry import Backoff
from services.storage.job_models import Priority

CANARY = "canary-7f3a"


class Later(msgspec.Struct, frozen=True):
    """What a newer version made of a chore."""

    name: str
    step: int = 0
    place: str = "anywhere"


def test_kind_reads_back_what_it_wrote() -> None:
    chore = Chore(name='"quoted" – ünïcode \x00', step=3)

    assert CHORE.decode(CHORE.encode(chore)) == chore


def test_kind_reads_jobs_of_a_version_that_had_fewer_fields() -> None:
    newer = JobKind(name=CHORE.name, payload=Later)

    assert newer.decode(CHORE.encode(Chore(name="a"))) == Later(name="a")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f'{{"name": ["{CANARY}"]}}', id="another type"),
        pytest.param(f'{{"step": 1, "other": "{CANARY}"}}', id="a missing field"),
        pytest.param(f'{{"name": "{CANARY}', id="cut off"),
        pytest.param("", id="empty"),
    ],
)
def test_unreadable_payload_is_given_up_without_quoting_it(text: str) -> None:
    with pytest.raises(Abandon) as caught:
        CHORE.decode(text)

    assert str(caught.value) == "the payload cannot be read by this version"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_kind_is_patient_unless_told_otherwise() -> None:
    kind = JobKind(name="x", payload=Chore)

    assert (kind.max_attempts, kind.priority) == (5, Priority.NORMAL)
    assert kind.backoff == Backoff(floor=1.0, base=10.0, cap=600.0)


def test_handlers_know_who_does_what() -> None:
    handlers, recorder = Handlers(), Recorder()
    other = JobKind(name="a.first", payload=Chore)
    handlers.register(CHORE, recorder)
    handlers.register(other, Recorder())

    assert handlers.names == ["a.first", "tests.chore"]
    assert handlers.kind("tests.chore") is CHORE
    assert handlers.handler("tests.chore") is recorder


def test_handlers_refuse_a_second_one_for_a_kind() -> None:
    handlers = Handlers()
    handlers.register(CHORE, Recorder())

    with pytest.raises(ValueError, match=r"^two handlers for tests\.chore$"):
        handlers.register(CHORE, Recorder())
