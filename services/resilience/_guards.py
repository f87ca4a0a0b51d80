"""How a circuit breaker wraps what it guards: async generators, and callables in every form."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import update_wrapper
from inspect import isasyncgenfunction
from typing import Any, Protocol, TypeVar, cast

T = TypeVar("T")
CallableT = TypeVar("CallableT", bound=Callable[..., object])

_END = object()


class _Admission(Protocol):
    generation: int


class _Breaker(Protocol):
    """The part of ``UpstreamCircuitBreaker`` that guarding needs."""

    async def call_async(
        self, func: Callable[..., Awaitable[T]], *args: object, **kwargs: object
    ) -> T: ...

    async def call_admitted(self, func: Callable[[Any], Awaitable[T]]) -> T: ...

    def call_async_generator(
        self, func: Callable[..., AsyncGenerator[T, None]], *args: object, **kwargs: object
    ) -> AsyncGenerator[T, None]: ...

    def record_failure(self, error: BaseException, *, generation: int) -> None: ...


async def guard_generator(
    breaker: _Breaker, produce: Callable[[], AsyncGenerator[T, None]]
) -> AsyncGenerator[T, None]:
    """Yield the items of a generator that is only made when the circuit admits it.

    Its outcome is that of its first item; what breaks later counts as a failure besides. A
    consumer who leaves is neutral, and the generator is closed before this one is.
    """

    async def open_generator(
        admission: _Admission,
    ) -> tuple[AsyncGenerator[T, None], T | object, _Admission]:
        items = produce()
        return items, await anext(items, _END), admission

    items, item, admission = await breaker.call_admitted(open_generator)
    async with aclosing(items):
        while item is not _END:
            yield cast("T", item)
            try:
                item = await anext(items, _END)
            except Exception as error:
                breaker.record_failure(error, generation=admission.generation)
                raise


def decorate(breaker: _Breaker, function: CallableT) -> CallableT:
    """Return ``function`` guarded: coroutine function, lambda, partial, object or generator."""

    def generating(*args: object, **kwargs: object) -> AsyncGenerator[Any, None]:
        return breaker.call_async_generator(cast("Any", function), *args, **kwargs)

    async def awaiting(*args: object, **kwargs: object) -> object:
        return await breaker.call_async(cast("Any", function), *args, **kwargs)

    # A callable object shows only by its class whether it generates.
    is_generating = isasyncgenfunction(function) or isasyncgenfunction(type(function).__call__)
    wrapper = generating if is_generating else awaiting
    return cast("CallableT", update_wrapper(wrapper, function))
