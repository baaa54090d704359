"""Waits that end: for steps of aiokafka that do not end by themselves, or end badly.

Public surface: `ended`, `hurried`.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

LAST_S = 1.0  # what a step is given once everything is to end; a broker that is there answers in milliseconds


async def ended(step: Coroutine[Any, Any, Any], *, within: float | None = None) -> BaseException | None:
    """Run a step to its end, or cancel it after so many seconds; its error, a cancellation from inside it too, is returned.

    Only a cancellation of the caller is raised.
    """
    task = asyncio.ensure_future(step)
    try:
        await asyncio.wait({task}, timeout=within)
    finally:
        task.cancel()
        task.add_done_callback(_look_at)
    if not task.done():
        await asyncio.wait({task}, timeout=1)
    if not task.done() or task.cancelled():
        return asyncio.CancelledError()
    return task.exception()


async def hurried(step: Coroutine[Any, Any, T], *, ending: asyncio.Event, within: float | None = None) -> T:
    """Run a step to its end, but once `ending` is set, for `LAST_S` more at most.

    So a stop is not held up by a broker that is gone, and a step that it would answer is still finished.

    Raises:
        TimeoutError: the step did not end in time, and was cancelled.
    """
    task, told = asyncio.ensure_future(step), asyncio.ensure_future(ending.wait())
    try:
        await asyncio.wait({task, told}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if told.done() and not task.done():
            await asyncio.wait({task}, timeout=LAST_S)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        told.cancel()
        task.cancel()
        task.add_done_callback(_look_at)


def _look_at(task: asyncio.Future[Any]) -> None:
    """Take note of how a step ended that nobody waits for any more, so that asyncio does not complain of it."""
    if not task.cancelled():
        task.exception()
