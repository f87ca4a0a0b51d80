"""``KeptTexts``: finished texts, in memory and across restarts.

A text is found by what the model was told (facts, words, purpose, language, the prompt's wording)
and by which model wrote it: when any of that changes, it is another text.
"""

import hashlib
import unicodedata
from datetime import timedelta
from typing import Final

import msgspec

from services.descriptions.models import KeptText
from services.descriptions.prompts import PROMPT_VERSION
from services.euria.models import Prompt
from services.resilience.cache import Cache
from services.resilience.cache_store import CacheStore, SecondLevel
from services.resilience.clock import Clock
from services.resilience.codec import Codec

KEEP_SECONDS: Final = 30 * 86_400.0
_KEPT_IN_MEMORY: Final = 500
_CODEC: Final = Codec(KeptText, version=1)
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


def key_of(prompt: Prompt, model: str) -> str:
    """Return the key of the text that ``model`` writes when it is told ``prompt``."""
    told = [(message.role, message.content) for message in prompt.messages]
    content = _ENCODER.encode([PROMPT_VERSION, model, prompt.max_tokens, told]).decode()
    # However the person's words are spelled: only case and composition are ignored.
    same = unicodedata.normalize("NFC", content).casefold()
    return "texts:" + hashlib.sha256(same.encode()).hexdigest()


class KeptTexts:
    """Keeps texts for 30 days."""

    def __init__(self, *, clock: Clock, store: CacheStore | None = None) -> None:
        """Keep them in memory, and in ``store`` where there is one."""
        self._memory = Cache(capacity=_KEPT_IN_MEMORY, clock=clock)
        self._store = None
        if store is not None:
            self._store = SecondLevel(store, upstream="texts", clock=clock)

    async def find(self, key: str) -> KeptText | None:
        """Return the text of ``key``, or None; a store that fails is a store without it."""
        entry = await self._memory.get(key, max_age=KEEP_SECONDS)
        if entry is not None and isinstance(entry.value, str):
            return KeptText(entry.value, entry.as_of)
        restored = await self._store.read(key, _CODEC) if self._store is not None else None
        if restored is None or restored.age > KEEP_SECONDS:
            return None
        kept = restored.value
        await self._memory.set(key, kept.text, age=restored.age, as_of=kept.written_at)
        return kept

    async def keep(self, key: str, text: str) -> None:
        """Keep a finished text; nobody waits for the store."""
        entry = await self._memory.set(key, text)
        if self._store is not None:
            self._store.write(
                key,
                _CODEC.encode(KeptText(text, entry.as_of)),
                stored_at=entry.as_of,
                keep_until=entry.as_of + timedelta(seconds=KEEP_SECONDS),
            )

    async def aclose(self) -> None:
        """Give what is still to be stored a moment."""
        if self._store is not None:
            await self._store.aclose()
