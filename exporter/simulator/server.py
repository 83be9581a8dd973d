"""WeChat's URLs, answered by a simulator."""

import asyncio
import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from exporter.simulator.calls import PERFORMANCE_CALL, PERFORMANCE_PATH, QUOTA_CALL
from exporter.simulator.faults import Fault
from exporter.simulator.responses import respond
from exporter.simulator.security import Arrived
from exporter.simulator.simulator import Answer, Simulator

ANY_METHOD = ["GET", "POST", "PUT", "DELETE"]


def create_app(simulator: Simulator) -> Starlette:
    """The web application: the token calls, the datacube calls, and faults on request."""
    endpoints = Endpoints(simulator)
    return Starlette(
        routes=[
            Route("/cgi-bin/token", endpoints.token, methods=ANY_METHOD),
            Route("/cgi-bin/stable_token", endpoints.stable_token, methods=ANY_METHOD),
            Route(PERFORMANCE_PATH, endpoints.performance, methods=ANY_METHOD),
            Route("/cgi-bin/openapi/quota/get", endpoints.quota, methods=ANY_METHOD),
            Route("/wxaapi/log/get_scene", endpoints.scenes, methods=ANY_METHOD),
            Route("/datacube/{call}", endpoints.datacube, methods=ANY_METHOD),
            Route("/_simulator/faults", endpoints.add_faults, methods=["POST"]),
            Route("/_simulator/faults", endpoints.clear_faults, methods=["DELETE"]),
        ]
    )


class Endpoints:
    """From an HTTP request to the simulator and back."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def token(self, request: Request) -> Response:
        """`/cgi-bin/token`."""
        return await self._reply(self._simulator.answer_token(request.method, request.query_params))

    async def stable_token(self, request: Request) -> Response:
        """`/cgi-bin/stable_token`."""
        payload = await request.body()
        return await self._reply(self._simulator.answer_stable_token(request.method, payload))

    async def datacube(self, request: Request) -> Response:
        """`/datacube/<call>`."""
        payload = await request.body()
        call = request.path_params["call"]
        token = request.query_params.get("access_token", "")

        def answer(payload: bytes) -> Answer:
            return self._simulator.answer_datacube(request.method, call, token, payload)

        arrived = _arrived(request, payload)
        return await self._reply(self._simulator.through_gateway(call, token, arrived, answer))

    async def performance(self, request: Request) -> Response:
        """`/wxa/business/performance/boot`."""
        payload = await request.body()
        token = request.query_params.get("access_token", "")

        def answer(payload: bytes) -> Answer:
            return self._simulator.answer_performance(request.method, token, payload)

        arrived, call = _arrived(request, payload), PERFORMANCE_CALL
        return await self._reply(self._simulator.through_gateway(call, token, arrived, answer))

    async def quota(self, request: Request) -> Response:
        """`/cgi-bin/openapi/quota/get`."""
        payload = await request.body()
        token = request.query_params.get("access_token", "")

        def answer(payload: bytes) -> Answer:
            return self._simulator.answer_quota(request.method, token, payload)

        arrived = _arrived(request, payload)
        return await self._reply(
            self._simulator.through_gateway(QUOTA_CALL, token, arrived, answer)
        )

    async def scenes(self, request: Request) -> Response:
        """`/wxaapi/log/get_scene`, which is plain for everybody."""
        token = request.query_params.get("access_token", "")
        return await self._reply(self._simulator.answer_scenes(request.method, token))

    async def add_faults(self, request: Request) -> Response:
        """Put a JSON list of faults in force."""
        try:
            faults = [Fault.from_mapping(values) for values in json.loads(await request.body())]
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)
        self._simulator.faults.add(*faults)
        return JSONResponse({"added": len(faults)})

    async def clear_faults(self, _request: Request) -> Response:
        """Let everything go right again."""
        self._simulator.faults.clear()
        return JSONResponse({"cleared": True})

    async def _reply(self, answer: Answer) -> Response:
        if self._simulator.latency_seconds:
            await asyncio.sleep(self._simulator.latency_seconds)
        return await respond(answer)


def _arrived(request: Request, payload: bytes) -> Arrived:
    """The request as its sender signed it."""
    url = str(request.url.replace(query=""))
    return Arrived(url, dict(request.headers), payload)
