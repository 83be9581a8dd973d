"""WeChat's error replies."""

import itertools
from datetime import datetime
from zlib import crc32

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40013: "invalid appid",
    40014: "invalid access_token",
    40066: "invalid url",
    40125: "invalid appsecret",
    40164: "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist",
    40231: "missing Wechatmp-TimeStamp",
    40232: "missing Wechatmp-Signature",
    40233: "missing Wechatmp-Appid",
    40234: "invalid signature",
    40235: "invalid encryption",
    40237: "appid and access_token do not match",
    40240: "timestamp expired",
    40243: "appsecret is frozen",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    44002: "empty post data",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45035: "access clientip is not registered",
    47001: "data format error",
    48001: "api unauthorized",
    48004: "api forbidden for blacklist",
    50002: "user limited",
    50007: "account banned",
    61003: "component is not authorized by this account",
    61500: "date format error",
    61501: "date range error",
    61502: "this is game miniprogram, data api is not supported",
    61503: "data not ready, please try later",
    61504: "system busy",
    76003: "cgi_path must begin with /",
    76021: "cgi_path not found",
    89503: "this ip is waiting for the administrator's confirmation",
    89506: "this ip was rejected by the administrator within 24 hours",
    89507: "this ip was rejected by the administrator within 1 hour",
}


class WeChatError(Exception):
    """WeChat refuses a request with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class ErrorWriter:
    """Writes error bodies, each with a request id of its own."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def body(self, code: int, moment: datetime) -> dict[str, object]:
        """The body of an error reply."""
        number = next(self._numbers)
        seconds = int(moment.timestamp())
        request_id = f"{seconds:08x}-{crc32(str(number).encode()):08x}-{number:08x}"
        message = MESSAGES.get(code, "unknown error")
        return {"errcode": code, "errmsg": f"{message} rid: {request_id}"}
