"""How WeChat's bodies are built. Each shape reads itself."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from exporter.reports import growth
from exporter.reports.body import Body, brief, number
from exporter.reports.codes import word
from exporter.reports.report import Reading

LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


def label_value(value: object) -> str | None:
    """A name of WeChat's as it may stand in a label; None for anything else."""
    if not isinstance(value, str) or not value:
        return None
    return value if value.isascii() else LONE_SURROGATE.sub("\ufffd", value)


class Shape:
    """What most shapes are: no codes, any field, read anew each time, nothing to rank."""

    __slots__ = ()
    coded: ClassVar[bool] = False
    fields: ClassVar[tuple[str, ...]] = ()
    grows: ClassVar[bool] = False

    @property
    def rank(self) -> str | None:
        return None

    def joined(self, earlier: Reading, newer: Reading) -> Body | None:  # noqa: ARG002
        """The newer body with what only the earlier one has; None where it stands as it came."""
        return None

    def answered_ask(self, reading: Reading, asked_on: date) -> int | None:  # noqa: ARG002
        """The last ask that a body with data answers, received on that day."""
        return reading.newest_ask


@dataclass(frozen=True, slots=True)
class Totals(Shape):
    """One row under `rows` holds the fields of the whole period; it may carry a ref_date."""

    rows: str
    label_count: ClassVar[int] = 0

    def read(self, body: Body, reading: Reading) -> None:
        """Add the fields of the first row."""
        known = {metric.field for metric in reading.report.metrics} | {"ref_date"}
        reading.note_unknown(body, {self.rows, "ref_date"})
        for position, row in enumerate(reading.rows(body, self.rows)):
            if position > 0:
                reading.oddities.append(f"{self.rows} holds more than one row: the first is used")
                return
            reading.check_period(row)
            reading.note_unknown(row, known)
            reading.add([((), row)])


@dataclass(frozen=True, slots=True)
class ByPage(Shape):
    """Many rows under `rows`, each of one page named by `page`; `ranked_by` orders them."""

    rows: str
    page: str
    ranked_by: str
    label_count: ClassVar[int] = 1

    @property
    def rank(self) -> str:
        return self.ranked_by

    def read(self, body: Body, reading: Reading) -> None:
        """Add every page's row, the first one where a page stands twice."""
        known = {metric.field for metric in reading.report.metrics} | {self.page}
        reading.note_unknown(body, {self.rows, "ref_date"})
        pages: dict[str, Mapping[str, Any]] = {}
        for row in reading.rows(body, self.rows):
            page = label_value(row.get(self.page))
            if page is None:
                reading.oddities.append(f"a row without {self.page}")
                continue
            if page in pages:
                reading.oddities.append("a page stands twice: its first row is used")
                continue
            pages[page] = row
            reading.note_unknown(row, known)
        reading.add([((page,), row) for page, row in pages.items()])


@dataclass(frozen=True, slots=True)
class ByCode(Shape):
    """Rows under `rows` named by `index`, each with `items` of numeric key and value.

    A metric's field is the index it is read from.
    """

    rows: str
    index: str
    items: str
    label_count: ClassVar[int] = 1
    coded: ClassVar[bool] = True

    def read(self, body: Body, reading: Reading) -> None:
        """Add every index that a metric is read from, its keys as words."""
        metrics = {metric.field: metric for metric in reading.report.metrics}
        reading.note_unknown(body, {self.rows, "ref_date"})
        for row in reading.rows(body, self.rows):
            index = row.get(self.index)
            metric = metrics.pop(index, None) if isinstance(index, str) else None
            if metric is None:
                reading.oddities.append(f"unknown or repeated {self.index} {brief(index)!r}")
                continue
            codes, pairs = metric.codes or {}, reading.pairs(row, self.items)
            reading.add_to(metric, (((word(codes, key),), value) for key, value in pairs))


@dataclass(frozen=True, slots=True)
class ByCohort(Shape):
    """Arrays of key and value, one for each kind of user: `users` maps array -> label word.

    Key 0 is the size of the cohort, key k those of it who came back after k periods. A metric's
    field is VALUE (the value at the key) or COHORT_SIZE (the value at key 0, beside every key).
    """

    users: Mapping[str, str] = dataclasses.field(hash=False)
    VALUE: ClassVar[str] = growth.COUNT
    COHORT_SIZE: ClassVar[str] = "value at key 0"
    label_count: ClassVar[int] = 2
    fields: ClassVar[tuple[str, ...]] = (VALUE, COHORT_SIZE)
    grows: ClassVar[bool] = True

    def read(self, body: Body, reading: Reading) -> None:
        """Add every key that the report asks for and that can exist."""
        reading.note_unknown(body, set(self.users) | {"ref_date"})
        for array, user in self.users.items():
            self._read_user(array, user, body, reading)
        # WeChat answers with zeros alone, the cohort's size included, before it has computed it.
        if not any(value for values in reading.values.values() for value in values.values()):
            reading.values = {name: {} for name in reading.values}

    def joined(self, earlier: Reading, newer: Reading) -> Body | None:
        return growth.joined(self.users, earlier, newer)

    def answered_ask(self, reading: Reading, asked_on: date) -> int | None:
        return growth.answered_ask(reading, asked_on)

    def _read_user(self, array: str, user: str, body: Body, reading: Reading) -> None:
        values = dict(reading.pairs(body, array))
        rows = []
        for key, value in sorted(values.items()):
            if key not in reading.report.asks:
                reading.oddities.append(f"unknown key {key} in {array}")
            elif reading.newest_ask is not None and key > reading.newest_ask:
                reading.oddities.append(f"key {key} in {array} before its time")
            else:
                # The size of the cohort only beside a count, so that both speak of one cohort.
                size = values.get(0) if number(value) is not None else None
                rows.append(((user, str(key)), {self.VALUE: value, self.COHORT_SIZE: size}))
        reading.add(rows)


@dataclass(frozen=True, slots=True)
class ByTrait(Shape):
    """An object for each kind of user, with an array of name and value for each trait.

    `users` maps the objects to label words, `words` the names of a trait, where they are a closed
    list; other names come as they are. `span` says of how many days. A metric's field is the array.
    """

    users: Mapping[str, str] = dataclasses.field(hash=False)
    span: str
    words: Mapping[str, Mapping[str, str]] = dataclasses.field(hash=False)
    label_count: ClassVar[int] = 3

    def read(self, body: Body, reading: Reading) -> None:
        """Add every trait of every kind of user."""
        reading.note_unknown(body, set(self.users) | {"ref_date"})
        known = {metric.field for metric in reading.report.metrics}
        for field, user in self.users.items():
            traits = body.get(field)
            if not isinstance(traits, dict):
                if traits is not None:
                    reading.oddities.append(f"{field} is not an object")
                continue
            reading.note_unknown(traits, known, f"field of {field}")
            for metric in reading.report.metrics:
                told = self._told(traits, metric.field, reading)
                reading.add_to(
                    metric, (((user, self.span, name), value) for name, value in told.items())
                )

    def _told(self, traits: Mapping[str, Any], field: str, reading: Reading) -> dict[str, object]:
        """The values of a trait by label word, the first one where a name stands twice."""
        words, told = self.words.get(field, {}), dict[str, object]()
        for item in reading.rows(traits, field):
            name = label_value(item.get("name"))
            if name is None:
                reading.oddities.append(f"{field} holds an item without a name")
            elif words.get(name, name) in told:
                reading.oddities.append(f"{field} holds a name twice: the first is used")
            else:
                told[words.get(name, name)] = item.get("value")
        return told


@dataclass(frozen=True, slots=True)
class ByMeasure(Shape):
    """Tables under data.body, each with an id and a line of days; values come as texts.

    `cut` are the label values of what was asked for. A metric's field is VALUE.
    """

    cut: tuple[str, ...]
    VALUE: ClassVar[str] = "value"
    label_count: ClassVar[int] = 3
    fields: ClassVar[tuple[str, ...]] = (VALUE,)

    def read(self, body: Body, reading: Reading) -> None:
        """Add what every table says about the day; other days in it say nothing."""
        reading.note_unknown(body, {"errcode", "errmsg", "data"})
        inside: Any = body
        for name in ("data", "body"):
            inside = inside.get(name) if isinstance(inside, dict) else None
        if not isinstance(inside, dict):
            if "data" in body:
                reading.oddities.append("data holds no body")
            return
        for table in reading.rows(inside, "tables"):
            measure = label_value(table.get("id"))
            if measure is None:
                reading.oddities.append("a table without id")
                continue
            line = next(reading.rows(table, "lines"), {})
            days = {brief(day.get("refdate")): day for day in reading.rows(line, "fields")}
            wanted = reading.report.request.ref_dates(reading.window)
            reading.add([((measure, *self.cut), days[day]) for day in wanted if day in days])
