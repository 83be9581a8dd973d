"""psycopg's connections, which wait for an answer no longer than it can take.

libpq gives up a server that is gone. One that is stopped, or a proxy that holds on to what it gets,
still acknowledges every packet: a statement would wait for it without an end.
"""

from collections.abc import Generator
from time import monotonic
from typing import Any

import psycopg
from sqlalchemy import Engine, event


def answer_within(engine: Engine, seconds: float) -> None:
    """Let an engine's new connections end, with an OperationalError, when a statement takes longer.

    What a cursor on the server gives is a statement for each piece.
    """

    class Connection(psycopg.Connection[Any]):
        def wait(self, gen: Generator[Any, Any, Any], *given: Any, **named: Any) -> Any:  # noqa: ANN401
            return super().wait(self._ending(gen), *given, **named)

        def _ending(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
            deadline = monotonic() + seconds
            try:
                wanted = next(gen)
                while True:
                    ready = yield wanted
                    # Ten times a second psycopg says that nothing has come.
                    if not ready and monotonic() > deadline:
                        # Closed, because the answer to this statement may still come.
                        self.close()
                        raise psycopg.OperationalError(f"no answer within {seconds:g} s")
                    wanted = gen.send(ready)
            except StopIteration as end:
                return end.value

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, given: Any, named: Any) -> object:  # noqa: ANN401
        return Connection.connect(*given, **named)
