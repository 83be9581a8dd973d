"""A body as WeChat sent it -> samples. Whatever is odd in it costs no more than itself."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exporter.errors import Busy
from exporter.periods import Window
from exporter.reports.codes import word
from exporter.reports.vocabulary import (
    ByCode,
    ByCohort,
    ByPage,
    Metric,
    Report,
    Sample,
    Totals,
)

NUMBER = re.compile(r"\s*\d+(\.\d+)?([eE][+-]?\d{1,3})?\s*")
KEY = re.compile(r"\s*\d{1,9}\s*")
LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")

Body = dict[str, Any]


@dataclass(slots=True)
class Reading:
    """What a body says: its samples, and in words what was odd about it."""

    samples: list[Sample] = field(default_factory=list)
    oddities: list[str] = field(default_factory=list)


def decode(text: str) -> Body:
    """The JSON object in a reply. Raises Busy with code `malformed` for anything else."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        begin = " ".join(text[:60].split())
        raise Busy(
            f"the reply is not JSON ({type(error).__name__}), it begins {begin!r}: a proxy or a "
            "login page may have answered in WeChat's place",
            code="malformed",
        ) from None
    if not isinstance(body, dict):
        raise Busy("the reply is JSON but not an object", code="malformed")
    return body


def read(report: Report, window: Window, body: Body, newest_ask: int | None = None) -> Reading:
    """The samples of a body. `newest_ask` is the last ask that had passed when it was asked for.

    Raises Busy (`malformed`) when the body describes another period than `window`. A retention
    key beyond `newest_ask` cannot exist yet: it gives no sample whatever the body says.
    """
    reading = Reading()
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
    if isinstance(value, str) and NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        real = float(value)
    except OverflowError:
        return None
    return real if math.isfinite(real) and real >= 0 else None


def _key(value: object) -> int | None:
    """The numeric key of a distribution or retention, also when it comes as text or as 7.0."""
    if isinstance(value, str) and KEY.fullmatch(value):
        return int(value)
    real = None if isinstance(value, str) else number(value)
    return int(real) if real is not None and real < 1e9 and real.is_integer() else None


def _check_period(ref_date: object, window: Window) -> None:
    if str(ref_date) != window.ref_date:
        raise Busy(
            f"asked about {window.ref_date}, the reply describes {str(ref_date)[:40]!r}: not used",
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


def _add(reading: Reading, metric: Metric, labels: tuple[str, ...], value: object) -> None:
    """A sample, when the value is a number. null and missing say nothing, and are not odd."""
    real = number(value)
    if real is not None:
        reading.samples.append(Sample(metric, labels, real))
    elif value is not None:
        reading.oddities.append(f"{metric.field} is not a number that counts something")


def _note_unknown(row: Mapping[str, Any], known: set[str], what: str, reading: Reading) -> None:
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
        for metric in report.metrics:
            _add(reading, metric, (), row.get(metric.field))


def _read_pages(report: Report, shape: ByPage, body: Body, reading: Reading) -> None:
    fields = {metric.field for metric in report.metrics} | {shape.page}
    _note_unknown(body, {shape.rows, "ref_date"}, "field", reading)
    seen: set[str] = set()
    for row in _rows(body, shape.rows, reading):
        path = row.get(shape.page)
        if not isinstance(path, str) or not path:
            reading.oddities.append(f"a row without {shape.page}")
            continue
        page = LONE_SURROGATE.sub("\ufffd", path)
        if page in seen:
            reading.oddities.append("a page stands twice: its first row is used")
            continue
        seen.add(page)
        _note_unknown(row, fields, "field", reading)
        for metric in report.metrics:
            _add(reading, metric, (page,), row.get(metric.field))


def _read_codes(report: Report, shape: ByCode, body: Body, reading: Reading) -> None:
    metrics = {metric.field: metric for metric in report.metrics}
    _note_unknown(body, {shape.rows, "ref_date"}, "field", reading)
    for row in _rows(body, shape.rows, reading):
        index = row.get(shape.index)
        metric = metrics.pop(index, None) if isinstance(index, str) else None
        if metric is None:
            reading.oddities.append(f"unknown or repeated {shape.index} {str(index)[:60]!r}")
            continue
        for key, value in _pairs(row, shape.items, reading):
            _add(reading, metric, (word(metric.codes or {}, key),), value)


def _read_cohorts(
    report: Report, shape: ByCohort, body: Body, reading: Reading, newest_ask: int | None
) -> None:
    _note_unknown(body, set(shape.users) | {"ref_date"}, "field", reading)
    found: list[Sample] = []
    for array, user in shape.users.items():
        values = dict(_pairs(body, array, reading))
        for key, value in sorted(values.items()):
            if key not in report.asks:
                reading.oddities.append(f"unknown key {key} in {array}")
            elif newest_ask is not None and key > newest_ask:
                reading.oddities.append(f"key {key} in {array} before its time")
            else:
                _add_cohort(report, (user, str(key)), value, values.get(0), reading, found)
    # WeChat answers with zeros alone, the cohort's size included, before it has computed it.
    if any(sample.value for sample in found):
        reading.samples.extend(found)


def _add_cohort(
    report: Report,
    labels: tuple[str, ...],
    value: object,
    cohort_size: object,
    reading: Reading,
    found: list[Sample],
) -> None:
    """The count at a key and, only beside it, the size of its cohort."""
    real = number(value)
    if real is None:
        if value is not None:
            reading.oddities.append("a value is not a number that counts something")
        return
    for metric in report.metrics:
        told = real if metric.field == ByCohort.VALUE else number(cohort_size)
        if told is not None:
            found.append(Sample(metric, labels, told))


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
