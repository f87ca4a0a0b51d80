import copy
import logging
import pickle
from dataclasses import dataclass

import pytest

from services.secret import MASK, Secret

CANARY = "canary-4f9a"


@dataclass
class _Holder:
    token: Secret


def test_a_secret_is_revealed_on_demand() -> None:
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(repr(Secret(CANARY)), id="repr"),
        pytest.param(str(Secret(CANARY)), id="str"),
        pytest.param(f"{Secret(CANARY)}", id="f-string"),
        pytest.param(f"{Secret(CANARY)!r:>40}", id="f-string with conversion"),
        pytest.param(f"{Secret(CANARY):>40}", id="f-string with spec"),
        pytest.param("{:s}".format(Secret(CANARY)), id="format"),  # noqa: UP032  # on purpose
        pytest.param("%s %r" % (Secret(CANARY), Secret(CANARY)), id="percent"),  # noqa: UP031  # on purpose
        pytest.param(str([Secret(CANARY)]), id="inside a list"),
        pytest.param(str({"token": Secret(CANARY)}), id="inside a dict"),
        pytest.param(repr(_Holder(Secret(CANARY))), id="inside a dataclass"),
        pytest.param(repr(ValueError(Secret(CANARY))), id="inside an exception"),
    ],
)
def test_a_secret_shows_only_its_mask(shown: str) -> None:
    assert MASK in shown
    assert CANARY not in shown


def test_a_secret_stays_hidden_in_a_log_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("token %s", Secret(CANARY))

    assert CANARY not in caplog.text


def test_a_secret_is_never_pickled() -> None:
    with pytest.raises(TypeError, match="never pickled") as caught:
        pickle.dumps(Secret(CANARY))

    assert CANARY not in str(caught.value)


def test_a_secret_is_never_copied() -> None:
    with pytest.raises(TypeError, match="never pickled"):
        copy.deepcopy(Secret(CANARY))


def test_a_secret_cannot_become_a_key() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret(CANARY))


def test_a_secret_has_no_dict_to_dump() -> None:
    assert not hasattr(Secret(CANARY), "__dict__")


def test_secrets_are_compared_by_value() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret("another")


def test_a_secret_never_equals_a_plain_string() -> None:
    assert Secret(CANARY) != CANARY
