import asyncio

import pytest

from services.resilience.priority import Priority, background, current_priority


def test_priority_is_interactive_unless_somebody_says_otherwise() -> None:
    assert current_priority() is Priority.INTERACTIVE


def test_priority_is_background_inside_the_block_and_interactive_after_it() -> None:
    with background():
        inside = current_priority()

    assert (inside, current_priority()) == (Priority.BACKGROUND, Priority.INTERACTIVE)


def test_priority_of_an_inner_block_does_not_end_the_outer_one() -> None:
    with background():
        with background():
            pass
        after_the_inner_one = current_priority()

    assert after_the_inner_one is Priority.BACKGROUND


def test_priority_is_restored_when_the_block_fails() -> None:
    with pytest.raises(ValueError, match="broken"), background():
        raise ValueError("broken")

    assert current_priority() is Priority.INTERACTIVE


async def test_priority_reaches_tasks_started_inside_and_no_others() -> None:
    async def priority() -> Priority:
        return current_priority()

    with background():
        inside = asyncio.create_task(priority())
    outside = asyncio.create_task(priority())

    assert [await inside, await outside] == [Priority.BACKGROUND, Priority.INTERACTIVE]
