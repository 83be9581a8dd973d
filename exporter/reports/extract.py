"""A body as WeChat sent it -> samples. Whatever is odd in it costs no more than itself."""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from exporter.errors import Busy
from exporter.periods import Window
from exporter.reports.codes import word
from exporter.reports.vocabulary import (
    ByCode,
    ByCohort,
    ByPage,
    Labels,
    Report,
    Sample,
    Totals,
)

NUMBER = re.compile(r"\s*\d+(\.\d+)?([eE][+-]?\d{1,3})?\s*")
KEY = re.compile(r"\s*\d{1,9}\s*")
LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
LARGEST = sys.float_info.max
# Half a token reply, or an error page that repeats the URL, must not show the token or secret.
QUOTABLE = re.compile(r"[^{?=]{0,60}")

Body = dict[str, Any]


@dataclass(slots=True)
class Reading:
    """What a body says: the values by metric name and labels; and in words what was odd."""

    report: Report
    values: dict[str, dict[Labels, float]]
    oddities: list[str] = field(default_factory=list)

    @property
    def samples(self) -> list[Sample]:
        """The values one by one."""
        return [
            Sample(metric, labels, value)
            for metric in self.report.metrics
            for labels, value in self.values[metric.name].items()
        ]


def decode(text: str) -> Body:
    """The JSON object in a reply. Raises Busy with code `malformed` for anything else."""
    try:
        body = _parsed(text)
    except (ValueError, RecursionError) as error:
        found = QUOTABLE.match(text)
        begin = " ".join(found[0].split()) if found else ""
        raise Busy(
            f"the reply is not JSON ({type(error).__name__}), it begins {begin!r}: a proxy or a "
            "login page may have answered in WeChat's place",
            code="malformed",
        ) from None
    if not isinstance(body, dict):
        raise Busy("the reply is JSON but not an object", code="malformed")
    return body


def _parsed(text: str) -> object:
    """What a JSON text holds. Raises ValueError and RecursionError."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        # It refuses the whole text for a NaN, 1e400 or half a surrogate pair in one of its rows.
        return json.loads(text)


def read(report: Report, window: Window, body: Body, newest_ask: int | None = None) -> Reading:
    """The samples of a body. `newest_ask` is the last ask that had passed when it was asked for.

    Raises Busy (`malformed`) when the body describes another period than `window`. A retention
    key beyond `newest_ask` cannot exist yet: it gives no sample whatever the body says.
    """
    reading = Reading(report, {metric.name: {} for metric in report.metrics})
    if "ref_date" in body:
        _check_period(body["ref_date"], window)
    match report.shape:
        case Totals() as shape:
            _read_totals(report, window, shape, body, reading)
        case ByPage() as shape:
            _read_pages(report, shape, body, reading)
        case ByCode() as shape:
            _read_codes(report, shape, body, reading)
        case ByCohort() as shape:
            _read_cohorts(report, shape, body, reading, newest_ask)
    return reading


def number(value: object) -> float | None:
    """The number a field holds; None for everything that is no finite count or measure."""
    # Not isinstance: true and false are ints to Python, and no numbers here.
    if type(value) is int or type(value) is float:
        return float(value) if 0 <= value <= LARGEST else None
    if type(value) is str and NUMBER.fullmatch(value):
        return number(float(value))
    return None


def _key(value: object) -> int | None:
    """The numeric key of a distribution or retention, also when it comes as text or as 7.0."""
    if isinstance(value, str) and KEY.fullmatch(value):
        return int(value)
    real = None if isinstance(value, str) else number(value)
    return int(real) if real is not None and real < 1e9 and real.is_integer() else None


def _brief(value: object) -> str:
    """A foreign value for comparing and telling; the text of a deeply nested one would overflow."""
    return str(value)[:60] if isinstance(value, str | int | float) else type(value).__name__


def _check_period(ref_date: object, window: Window) -> None:
    if _brief(ref_date) != window.ref_date:
        raise Busy(
            f"asked about {window.ref_date}, the reply describes {_brief(ref_date)!r}: not used",
            code="malformed",
        )


def _rows(body: Mapping[str, Any], name: str, reading: Reading) -> Iterator[Mapping[str, Any]]:
    """The objects in the array `name`; everything else in it is an oddity."""
    array = body.get(name)
    if array is None:
        return
    if not isinstance(array, list):
        reading.oddities.append(f"{name} is not an array")
        return
    for row in array:
        if isinstance(row, dict):
            yield row
        else:
            reading.oddities.append(f"{name} holds something that is not an object")


def _add(reading: Reading, rows: Sequence[tuple[Labels, Mapping[str, Any]]]) -> None:
    """The values under the metrics' fields, where they are numbers.

    null and missing say nothing, and are not odd.
    """
    for metric in reading.report.metrics:
        values, field = reading.values[metric.name], metric.field
        for labels, row in rows:
            value = row.get(field)
            real = number(value)
            if real is not None:
                values[labels] = real
            elif value is not None:
                reading.oddities.append(f"{field} is not a number that counts something")


def _note_unknown(row: Mapping[str, Any], known: set[str], what: str, reading: Reading) -> None:
    if row.keys() <= known:
        return
    for name in row.keys() - known:
        reading.oddities.append(f"unknown {what} {name[:60]!r}")


def _read_totals(
    report: Report, window: Window, shape: Totals, body: Body, reading: Reading
) -> None:
    fields = {metric.field for metric in report.metrics}
    _note_unknown(body, {shape.rows, "ref_date"}, "field", reading)
    for position, row in enumerate(_rows(body, shape.rows, reading)):
        if position > 0:
            reading.oddities.append(f"{shape.rows} holds more than one row: the first is used")
            return
        if "ref_date" in row:
            _check_period(row["ref_date"], window)
        _note_unknown(row, fields | {"ref_date"}, "field", reading)
        _add(reading, [((), row)])


def _read_pages(report: Report, shape: ByPage, body: Body, reading: Reading) -> None:
    fields = {metric.field for metric in report.metrics} | {shape.page}
    _note_unknown(body, {shape.rows, "ref_date"}, "field", reading)
    pages: dict[str, Mapping[str, Any]] = {}
    for row in _rows(body, shape.rows, reading):
        path = row.get(shape.page)
        if not isinstance(path, str) or not path:
            reading.oddities.append(f"a row without {shape.page}")
            continue
        page = path if path.isascii() else LONE_SURROGATE.sub("\ufffd", path)
        if page in pages:
            reading.oddities.append("a page stands twice: its first row is used")
            continue
        pages[page] = row
        _note_unknown(row, fields, "field", reading)
    _add(reading, [((page,), row) for page, row in pages.items()])


def _read_codes(report: Report, shape: ByCode, body: Body, reading: Reading) -> None:
    metrics = {metric.field: metric for metric in report.metrics}
    _note_unknown(body, {shape.rows, "ref_date"}, "field", reading)
    for row in _rows(body, shape.rows, reading):
        index = row.get(shape.index)
        metric = metrics.pop(index, None) if isinstance(index, str) else None
        if metric is None:
            reading.oddities.append(f"unknown or repeated {shape.index} {_brief(index)!r}")
            continue
        pairs = _pairs(row, shape.items, reading)
        codes, field = metric.codes or {}, metric.field
        _add(reading, [((word(codes, key),), {field: value}) for key, value in pairs])


def _read_cohorts(
    report: Report, shape: ByCohort, body: Body, reading: Reading, newest_ask: int | None
) -> None:
    _note_unknown(body, set(shape.users) | {"ref_date"}, "field", reading)
    for array, user in shape.users.items():
        values = dict(_pairs(body, array, reading))
        rows = []
        for key, value in sorted(values.items()):
            if key not in report.asks:
                reading.oddities.append(f"unknown key {key} in {array}")
            elif newest_ask is not None and key > newest_ask:
                reading.oddities.append(f"key {key} in {array} before its time")
            else:
                # The size of the cohort only beside a count, so that both speak of one cohort.
                size = values.get(0) if number(value) is not None else None
                told = {ByCohort.VALUE: value, ByCohort.COHORT_SIZE: size}
                rows.append(((user, str(key)), told))
        _add(reading, rows)
    # WeChat answers with zeros alone, the cohort's size included, before it has computed it.
    if not any(value for values in reading.values.values() for value in values.values()):
        reading.values = {name: {} for name in reading.values}


def _pairs(row: Mapping[str, Any], name: str, reading: Reading) -> Iterator[tuple[int, object]]:
    """The key and value pairs in the array `name`, each key once."""
    seen: set[int] = set()
    for item in _rows(row, name, reading):
        key = _key(item.get("key"))
        if key is None:
            reading.oddities.append(f"{name} holds an item without a numeric key")
        elif key in seen:
            reading.oddities.append(f"{name} holds key {key} twice: the first is used")
        else:
            seen.add(key)
            yield key, item.get("value")
