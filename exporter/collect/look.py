"""One look: ask WeChat about one window, and archive what the answer says."""

from datetime import datetime

from exporter.archive import Archive
from exporter.collect.record import Outcome, Recorded, record, record_no_data
from exporter.errors import Bug, Busy, NotReady, Unreadable
from exporter.periods import Window
from exporter.reports.report import Report
from exporter.wechat.client import Client


def look(
    client: Client,
    archive: Archive,
    appid: str,
    report: Report,
    window: Window,
    asked: datetime,
) -> Recorded:
    """What the answer brought; "not ready" is an answer that brought nothing.

    `asked` is the moment before any waiting: an answer counts for the day it was asked for.
    Raises WeChatError when there was no answer to use, and ArchiveError.
    """
    try:
        reply = client.ask(report, window)
    except NotReady:
        record_no_data(archive, appid, report, window, asked)
        return Recorded(Outcome.EMPTY, [])
    except Bug:
        record_no_data(archive, appid, report, window, asked, refused=True)
        raise
    try:
        return record(archive, appid, report, window, reply, asked)
    except Unreadable as error:  # it describes another period, and would at every pass
        record_no_data(archive, appid, report, window, asked)
        raise Busy(str(error), code="malformed") from None
