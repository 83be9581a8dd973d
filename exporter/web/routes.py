"""Paths and what they answer."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from exporter.describe import as_markdown
from exporter.errors import ArchiveError, ConfigError
from exporter.periods import BEIJING
from exporter.service import Service
from exporter.web.history import history
from exporter.web.metrics import Metrics
from exporter.web.overview import overview

TEMPLATES = Path(__file__).parent / "templates"
# The page needs no script and loads nothing from elsewhere.
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def create_app(
    service: Service,
    telemetry_path: str = "/metrics",
    may_reload: Callable[[], bool] = lambda: False,
) -> Starlette:
    """The ASGI application. GET and HEAD alone, except POST /-/reload where it is allowed."""
    templates = Jinja2Templates(directory=TEMPLATES)
    templates.env.filters["beijing"] = lambda moment: f"{moment.astimezone(BEIJING):%m-%d %H:%M}"
    metrics = Metrics(lambda: service.page if service.ready else None)
    app = Starlette(
        routes=[
            Route("/", partial(_overview, service, templates, telemetry_path, CapacityLimiter(1))),
            Route(telemetry_path, metrics, methods=["GET", "HEAD"]),
            Route("/history", partial(history, service)),
            Route("/docs/metrics", _metric_docs),
            Route("/-/healthy", _healthy),
            Route("/-/ready", partial(_ready, service)),
            Route("/-/reload", partial(_reload, service, may_reload), methods=["POST"]),
        ]
    )
    app.router.redirect_slashes = False  # another path is another thing: 404
    return app


async def _metric_docs(_: Request) -> Response:
    return PlainTextResponse(as_markdown(), headers={"X-Content-Type-Options": "nosniff"})


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("wxa-exporter is healthy.\n")


async def _ready(service: Service, _: Request) -> Response:
    if service.ready:
        return PlainTextResponse("wxa-exporter is ready.\n")
    return PlainTextResponse("the archive is being read\n", status_code=503)


async def _reload(service: Service, may_reload: Callable[[], bool], _: Request) -> Response:
    if not may_reload():
        return PlainTextResponse(
            "reloading by HTTP needs --web.enable-lifecycle, or authentication in "
            "--web.config.file; SIGHUP reloads always\n",
            status_code=403,
        )
    try:
        # One that hangs up must not call off what others wait for.
        await asyncio.shield(asyncio.wrap_future(service.ask_reload()))
    except (ConfigError, ArchiveError) as error:
        refused = "refused, the running configuration stays:\n"
        return PlainTextResponse(f"{refused}{error}\n", status_code=500)
    restart = service.needs_restart(service.runtime.config)
    note = f"; a restart is needed for: {', '.join(restart)}" if restart else ""
    return PlainTextResponse(f"reloaded{note}\n")


async def _overview(
    service: Service,
    templates: Jinja2Templates,
    telemetry_path: str,
    limiter: CapacityLimiter,
    request: Request,
) -> Response:
    """Rendered in a thread, so that no scrape waits for a long page, and one after the other."""
    search, page = (request.query_params.get(name, "") for name in ("q", "page"))

    def rendered() -> Response:
        context = {
            "ready": service.ready,
            "overview": overview(service, search, page),
            "next_look": service.next_look,
            "lists": service.lists,
            "telemetry_path": telemetry_path,
        }
        return templates.TemplateResponse(request, "overview.html", context, headers=PAGE_HEADERS)

    return await to_thread.run_sync(rendered, limiter=limiter)
