"""HTTP that finds its way as requests does, and sends by urllib3 alone: in half the time."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

import requests
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, Timeout

from exporter.wechat.deadline import DeadlineAdapter

# WeChat's calls are a dozen URLs; a token service can have one for each app.
ROUTES_KEPT = 100


class Route(NamedTuple):
    """How a URL is reached: its connections, what stands in the request's first line, headers."""

    pool: HTTPConnectionPool
    target: str
    headers: dict[str, str]


class Session(requests.Session):
    """A session whose pools fit the concurrency, that repeats nothing and keeps to deadlines."""

    def __init__(self, concurrency: int) -> None:
        super().__init__()
        adapter = DeadlineAdapter(pool_connections=4, pool_maxsize=concurrency, max_retries=0)
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self._route = lru_cache(ROUTES_KEPT)(self._found)

    def ask(
        self,
        method: str,
        url: str,
        timeout: Timeout,
        *,
        proxy: str | None = None,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> BaseHTTPResponse:
        """A response whose body is still to be read; a redirect is one too.

        Proxies, certificates and ~/.netrc are found out once for a URL. Raises what requests or
        urllib3 raise.
        """
        route = self._route(url, proxy)
        target = f"{route.target}?{urlencode(query)}" if query else route.target
        return route.pool.urlopen(
            method, target, body, route.headers | dict(headers or {}), timeout=timeout,
            retries=False, redirect=False, preload_content=False, decode_content=False,
            # A proxy's target is another host's URL.
            assert_same_host=False,
        )  # fmt: skip

    def _found(self, url: str, proxy: str | None) -> Route:
        request = self.prepare_request(requests.Request("GET", url))
        url = str(request.url)
        # Given with each request, because an environment's HTTPS_PROXY would win over a session's.
        given = dict.fromkeys(("http", "https"), proxy) if proxy else {}
        found: Any = self.merge_environment_settings(url, given, None, None, None)
        proxies, verify, cert = (found[name] for name in ("proxies", "verify", "cert"))
        adapter: Any = self.get_adapter(url)
        pool = adapter.get_connection_with_tls_context(request, verify, proxies, cert)
        adapter.cert_verify(pool, url, verify, cert)
        return Route(pool, adapter.request_url(request, proxies), dict(request.headers))
