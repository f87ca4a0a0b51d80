"""``EuriaService``: text from Infomaniak's language model, streamed or whole."""

import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Final

from services.errors import ExternalServiceException, ModelNotServed, ServiceDisabled
from services.euria.budget import Bill, TokenBudget
from services.euria.capabilities import Capabilities
from services.euria.chat import Chat, estimate
from services.euria.models import Completion, DescriptionRequest, Prompt, StreamEnd, Usage
from services.euria.prompts import build_prompt
from services.http import HttpClient
from services.resilience.bulkhead import OnPlace
from services.resilience.clock import Clock
from services.resilience.config import Call, StreamLimits
from services.resilience.policy import Policy
from services.secret import Secret

_LOGGER = logging.getLogger(__name__)

SETTINGS: Final = ("EURIA_TOKEN", "EURIA_PRODUCT_ID")
_USAGE_SECONDS: Final = 1.0
_MODELS_SECONDS: Final = 5.0
_MOST_NAMED: Final = 20

OnUsage = Callable[[Usage], None]
"""Told what a text cost, when the server says so; must return at once."""
OnEnd = Callable[[StreamEnd], None]
"""Told how a text ended, after its last increment; must return at once."""


class EuriaService:
    """Writes texts; every request goes through the policy, and every token counts."""

    def __init__(
        self,
        *,
        http: HttpClient,
        policy: Policy,
        clock: Clock,
        token: Secret | None,
        api_url: str,
        model: str,
        limits: StreamLimits,
        capabilities: Capabilities | None = None,
        budget: TokenBudget | None = None,
        missing_settings: tuple[str, ...] = SETTINGS,
    ) -> None:
        """Use ``api_url`` (ends in ``/openai/v1``); without ``token`` it only refuses.

        Args:
            http: Sends the requests.
            policy: Limits them.
            clock: Where time comes from.
            token: The API token, or None.
            api_url: The base of the API.
            model: The id of the model.
            limits: When a stream counts as dead.
            capabilities: What the model can do; the least when nobody knows.
            budget: What a day may cost; None: no cap.
            missing_settings: What would enable it.
        """
        self.model = model
        self._policy = policy
        self._clock = clock
        self._limits = limits
        self._budget = budget
        self._missing_settings = missing_settings
        self._has_named_models = False
        self._chat: Chat | None = None
        if token is not None:
            self._chat = Chat(
                http=http,
                clock=clock,
                token=token,
                api_url=api_url,
                model=model,
                capabilities=capabilities or Capabilities(),
                # Less than a silence that would end the text: it is complete by then.
                usage_seconds=min(_USAGE_SECONDS, limits.idle / 2),
            )

    @property
    def is_enabled(self) -> bool:
        """True when the token is set and EurIA is not switched off."""
        return self._chat is not None

    def generate_description(
        self,
        request: DescriptionRequest | str,
        *,
        on_end: OnEnd | None = None,
        on_place: OnPlace | None = None,
    ) -> AsyncGenerator[str, None]:
        """Yield a description as it is written; see ``stream``.

        Args:
            request: What to write; a plain string is a topic in English.
            on_end: Told how the text ended.
            on_place: Told the place in the queue.
        """
        if isinstance(request, str):
            request = DescriptionRequest(topic=request)
        return self._stream("generate_description", build_prompt(request), None, on_end, on_place)

    def stream(
        self,
        prompt: Prompt,
        *,
        on_usage: OnUsage | None = None,
        on_end: OnEnd | None = None,
        on_place: OnPlace | None = None,
    ) -> AsyncGenerator[str, None]:
        """Yield the text as it is written; join the increments to get all of it.

        Close the iterator (``contextlib.aclosing``) to stop: the socket is closed at once, so
        nothing more is produced or billed. Retried only until the first increment. Blanks before
        the first word, and all that the model only thinks, are left out.

        Args:
            prompt: What to ask.
            on_usage: Told what the text cost.
            on_end: Told how it ended; not when it breaks off with an error.
            on_place: Told the place in the queue while it waits for its turn; 1 is next.

        Raises:
            ServiceDisabled: The settings lack EurIA's token.
            QuotaSpent: The day's tokens are used up; ``retry_after`` says until when.
            UpstreamTimeout: No first text, or no further text, within the limits.
            InvalidResponse: The stream ended early; what was yielded stands, incomplete.
            ContentWithheld: The content filter left nothing of it.
            OutOfCredit: The operator has to pay first; nobody asks for a quarter of an hour.
            ModelNotServed: The operator has to choose another model; the log says which.
            ExternalServiceException: Any other failure, before or in mid-stream.
        """
        return self._stream("stream", prompt, on_usage, on_end, on_place)

    async def complete(self, prompt: Prompt, *, on_usage: OnUsage | None = None) -> Completion:
        """Return a whole answer at once; with a ``json_schema`` its ``value`` is the JSON in it.

        Raises:
            ExternalServiceException: As ``stream``.
        """
        operation = "complete"
        chat = self._enabled(operation)
        with self._paying(prompt) as bill:
            call = Call(operation=operation, send=lambda: chat.complete(operation, prompt, bill))
            try:
                completion = (await self._policy.call(call)).value
            except ModelNotServed:
                await self._name_models(chat)
                raise
        if on_usage is not None and completion.usage is not None:
            on_usage(completion.usage)
        return completion

    async def _stream(
        self,
        operation: str,
        prompt: Prompt,
        on_usage: OnUsage | None,
        on_end: OnEnd | None,
        on_place: OnPlace | None,
    ) -> AsyncGenerator[str, None]:
        chat = self._enabled(operation)

        def ended(end: StreamEnd) -> None:
            if on_usage is not None and end.usage is not None:
                on_usage(end.usage)
            if on_end is not None:
                on_end(end)

        with self._paying(prompt) as bill:
            stream = self._policy.stream(
                operation,
                lambda: chat.stream(operation, prompt, bill, ended),
                self._limits,
                on_place=on_place,
            )
            try:
                async with aclosing(stream):
                    async for text in stream:
                        yield text
            except ModelNotServed:
                await self._name_models(chat)
                raise

    def _enabled(self, operation: str) -> Chat:
        if self._chat is None:
            raise ServiceDisabled("euria", operation, settings=self._missing_settings)
        return self._chat

    @contextmanager
    def _paying(self, prompt: Prompt) -> Iterator[Bill]:
        if self._budget is None:
            yield Bill()
            return
        with self._budget.reserve(estimate(prompt)) as bill:
            yield bill

    async def _name_models(self, chat: Chat) -> None:
        """Tell the operator, once, which models could be chosen instead."""
        if self._has_named_models:
            return
        self._has_named_models = True
        try:
            # Not through the policy: this is the last word on a request that it has let through.
            async with self._clock.timeout_at(self._clock.monotonic() + _MODELS_SECONDS):
                models = await chat.models("list_models")
        except (ExternalServiceException, TimeoutError) as error:
            served = f"and which are is not known ({type(error).__name__})"
        else:
            names = [name for name in models if name.isprintable()][:_MOST_NAMED]
            served = f"set EURIA_MODEL to one of these: {', '.join(names) or 'none'}"
        _LOGGER.error("euria: the model %s is not served; %s", self.model, served)
