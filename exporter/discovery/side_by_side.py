"""Work that mostly waits, side by side."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")

# So that a list that does not answer holds up no other.
AT_ONCE = 8


def side_by_side(job: Callable[[Thing], Result], things: Iterable[Thing]) -> list[Result]:
    """What a job comes to for each thing, in their order. Raises what the job raises.

    By daemons, which a pool's threads are not: the end of the process would wait for a server.
    """
    queue = deque((thing, Future[Result]()) for thing in things)
    futures = [future for _, future in queue]

    def work() -> None:
        while queue:
            try:
                thing, future = queue.popleft()
            except IndexError:  # another one took the last one
                return
            try:
                future.set_result(job(thing))
            except BaseException as error:  # noqa: BLE001 - whoever asked gets it
                future.set_exception(error)

    for _ in range(min(AT_ONCE, len(queue))):
        Thread(target=work, name="list", daemon=True).start()
    return [future.result() for future in futures]
