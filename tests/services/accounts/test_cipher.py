import traceback
from dataclasses import replace

import msgspec
import pytest
from cryptography.fernet import Fernet
from fakes.accounts import ChangingKeys, make_key
from hypothesis import given
from hypothesis import strategies as st

from services.accounts import cipher as cipher_module
from services.accounts.cipher import Binding, TokenCipher, Undecipherable

SECRET = b"canary-content"
GRANT = Binding(purpose="grant", owner=42, service="spotify")
BINDINGS = st.builds(
    Binding,
    purpose=st.sampled_from(["grant", "interaction"]) | st.text(max_size=8),
    owner=st.integers(0, 2) | st.integers(0, 2**63 - 1),
    service=st.sampled_from(["spotify", "discogs"]) | st.text(max_size=8),
)


@given(content=st.binary(max_size=300), made_for=BINDINGS, used_for=BINDINGS)
def test_ciphertext_decrypts_for_exactly_what_it_was_made_for(
    content: bytes, made_for: Binding, used_for: Binding
) -> None:
    cipher = TokenCipher(ChangingKeys(1))
    ciphertext = cipher.encrypt(content, made_for)

    try:
        decrypted = cipher.decrypt(ciphertext, used_for)
    except Undecipherable:
        decrypted = None

    assert decrypted == (content if made_for == used_for else None)
    assert cipher.decrypt(ciphertext, made_for) == content


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(GRANT, owner=43), id="another user"),
        pytest.param(replace(GRANT, service="discogs"), id="another service"),
        pytest.param(replace(GRANT, purpose="interaction"), id="another purpose"),
    ],
)
def test_ciphertext_copied_elsewhere_does_not_decrypt(other: Binding) -> None:
    cipher = TokenCipher(ChangingKeys(1))
    ciphertext = cipher.encrypt(SECRET, GRANT)

    with pytest.raises(Undecipherable):
        cipher.decrypt(ciphertext, other)


def test_ciphertext_is_ascii_and_never_the_same_twice() -> None:
    cipher = TokenCipher(ChangingKeys(1))

    first, second = cipher.encrypt(SECRET, GRANT), cipher.encrypt(SECRET, GRANT)

    assert first.isascii()
    assert first != second
    assert "canary" not in first


@given(text=st.text())
def test_any_other_text_is_undecipherable(text: str) -> None:
    cipher = TokenCipher(ChangingKeys(1))

    with pytest.raises(Undecipherable):
        cipher.decrypt(text, GRANT)
    with pytest.raises(Undecipherable):
        cipher.rotate(text)
    assert cipher.is_current(text) is False


@given(position=st.integers(0, 139))
def test_changed_ciphertext_is_undecipherable(position: int) -> None:
    cipher = TokenCipher(ChangingKeys(1))
    ciphertext = cipher.encrypt(SECRET, GRANT)
    other = "A" if ciphertext[position] != "A" else "B"

    with pytest.raises(Undecipherable):
        cipher.decrypt(ciphertext[:position] + other + ciphertext[position + 1 :], GRANT)


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param([2, "grant", 42, "spotify", SECRET], id="a later version"),
        pytest.param([1, "grant", 42, "spotify", SECRET, 0], id="one field more"),
        pytest.param([1, "grant", 42, "spotify"], id="one field less"),
        pytest.param({"content": SECRET}, id="another shape"),
    ],
)
def test_content_of_an_unknown_shape_is_undecipherable(inside: object) -> None:
    ciphertext = Fernet(make_key(1).reveal()).encrypt(msgspec.msgpack.encode(inside)).decode()

    with pytest.raises(Undecipherable):
        TokenCipher(ChangingKeys(1)).decrypt(ciphertext, GRANT)


def test_shape_of_the_content_is_the_one_that_is_stored_already() -> None:
    inside = msgspec.msgpack.encode([1, "grant", 42, "spotify", SECRET])
    ciphertext = Fernet(make_key(1).reveal()).encrypt(inside).decode()

    assert TokenCipher(ChangingKeys(1)).decrypt(ciphertext, GRANT) == SECRET


def test_error_shows_nothing_of_the_content_not_even_with_local_variables() -> None:
    cipher = TokenCipher(ChangingKeys(1))
    ciphertext = cipher.encrypt(SECRET, GRANT)

    with pytest.raises(Undecipherable) as caught:
        cipher.decrypt(ciphertext, replace(GRANT, owner=43))

    error = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in error.stack if frame.filename == cipher_module.__file__]
    assert len(ours) == 1
    assert "canary" not in str(ours[0].locals)
    assert str(caught.value) == ""
    assert caught.value.__context__ is None


# --- Keys


def test_newest_key_encrypts_and_the_older_ones_still_decrypt() -> None:
    keys = ChangingKeys(1)
    cipher = TokenCipher(keys)
    old = cipher.encrypt(SECRET, GRANT)

    keys.change(2, 1)
    new = cipher.encrypt(SECRET, GRANT)

    assert cipher.decrypt(old, GRANT) == SECRET
    assert (cipher.is_current(old), cipher.is_current(new)) == (False, True)
    assert TokenCipher(ChangingKeys(2)).decrypt(new, GRANT) == SECRET


def test_lost_key_makes_it_undecipherable_and_its_return_mends_that() -> None:
    keys = ChangingKeys(1)
    cipher = TokenCipher(keys)
    ciphertext = cipher.encrypt(SECRET, GRANT)

    keys.change(2)
    with pytest.raises(Undecipherable):
        cipher.decrypt(ciphertext, GRANT)
    with pytest.raises(Undecipherable):
        cipher.rotate(ciphertext)
    keys.change(2, 1)

    assert cipher.decrypt(ciphertext, GRANT) == SECRET


def test_rotated_ciphertext_needs_the_newest_key_only_and_keeps_its_binding() -> None:
    keys = ChangingKeys(1)
    cipher = TokenCipher(keys)
    old = cipher.encrypt(SECRET, GRANT)
    keys.change(2, 1)

    new = cipher.rotate(old)

    alone = TokenCipher(ChangingKeys(2))
    assert cipher.is_current(new)
    assert alone.decrypt(new, GRANT) == SECRET
    with pytest.raises(Undecipherable):
        alone.decrypt(new, replace(GRANT, owner=43))


def test_rotate_and_is_current_follow_the_keys_as_they_are_now() -> None:
    keys = ChangingKeys(1)
    writer = TokenCipher(keys)
    ciphertext = writer.encrypt(SECRET, GRANT)
    keys.change(2, 1)

    assert TokenCipher(keys).is_current(ciphertext) is False
    assert TokenCipher(keys).is_current(TokenCipher(keys).rotate(ciphertext)) is True
