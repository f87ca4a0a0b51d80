"""The key of a cached answer: ``upstream:operation:version:sha256(parameters)[:user]``."""

import hashlib
from collections.abc import Mapping

import msgspec


def cache_key(
    upstream: str,
    operation: str,
    params: Mapping[str, str | int | None],
    *,
    version: int = 1,
    user: int | None = None,
) -> str:
    """Return the key of an answer.

    Args:
        upstream: ``spotify``, ``discogs`` or ``euria``.
        operation: The named call without the upstream.
        params: Everything that decides the answer, in any order. It is hashed, since keys
            appear in logs, task names and tables and a person's words must not. No token: it
            changes, and says nothing of whose answer it is; that is what ``user`` is for.
        version: Of the answer's type, as in its ``Codec``.
        user: The id of the one person who may see the answer; None: everybody may.
    """
    # Pairs of a sorted list, not joined text: no two sets of parameters look alike.
    digest = hashlib.sha256(msgspec.msgpack.encode(sorted(params.items()))).hexdigest()
    key = f"{upstream}:{operation}:{version}:{digest}"
    return key if user is None else f"{key}:{user}"
