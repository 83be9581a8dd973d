"""Windows of WeChat's calendar and when they are asked about: the only date arithmetic.

WeChat's days, weeks and months are China's, whatever the host's time zone. China has had no
daylight saving time since 1991, so a fixed offset says the same as a time zone database,
which a slim container lacks.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")


class Period(StrEnum):
    """A kind of window. Its windows are numbered, so that stepping is adding."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def number(self, day: date) -> int:
        """The number of the window that contains `day`; the next window has the next number."""
        match self:
            case Period.DAY:
                return day.toordinal()
            case Period.WEEK:
                return (day.toordinal() - 1) // 7  # 0001-01-01, ordinal 1, is a Monday
            case Period.MONTH:
                return day.year * 12 + day.month - 1

    def first_day(self, number: int) -> date:
        """The first day of window `number`. Raises ValueError outside the years 1 to 9999."""
        match self:
            case Period.DAY:
                return date.fromordinal(number)
            case Period.WEEK:
                return date.fromordinal(number * 7 + 1)
            case Period.MONTH:
                return date(number // 12, number % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class Window:
    """The period one request asks about: a day, a week from Monday, or a month."""

    period: Period
    first_day: date

    def __post_init__(self) -> None:
        if self.period.first_day(self.period.number(self.first_day)) != self.first_day:
            raise ValueError(f"{self.first_day} is not the first day of a {self.period}")

    @classmethod
    def containing(cls, period: Period, day: date) -> "Window":
        """The window of that kind in which `day` lies."""
        return cls(period, period.first_day(period.number(day)))

    @classmethod
    def newest_over(cls, period: Period, today: date) -> "Window":
        """The newest window that is over when `today` begins in Beijing."""
        return cls.containing(period, today).shifted(-1)

    @classmethod
    def next_over(cls, period: Period, moment: datetime) -> datetime:
        """When the window that runs at a moment is over: 00:00 in Beijing."""
        running = cls.containing(period, beijing_day(moment))
        return datetime.combine(running.passed_on(0), time(), BEIJING)

    def shifted(self, periods: int) -> "Window":
        """The window that many periods later (earlier when negative)."""
        number = self.period.number(self.first_day) + periods
        return Window(self.period, self.period.first_day(number))

    @property
    def last_day(self) -> date:
        return self.shifted(1).first_day - timedelta(days=1)

    def passed_on(self, ask: int) -> date:
        """The day on which `ask` further periods are over, so that WeChat can know about them."""
        return self.shifted(ask + 1).first_day

    def age(self, today: date) -> int:
        """How many further periods are over: 0 for the newest complete window, -1 while it runs."""
        return self.period.number(today) - self.period.number(self.first_day) - 1

    @property
    def begin_date(self) -> str:
        """`begin_date` of WeChat's requests, yyyymmdd."""
        return f"{self.first_day:%Y%m%d}"

    @property
    def end_date(self) -> str:
        """`end_date` of WeChat's requests, yyyymmdd."""
        return f"{self.last_day:%Y%m%d}"

    def begin_date_of(self, days: int) -> str:
        """`begin_date` of a request about the `days` days that end with the window."""
        return f"{self.last_day - timedelta(days=days - 1):%Y%m%d}"

    @property
    def ref_date(self) -> str:
        """`ref_date` of WeChat's replies: yyyymmdd, yyyymmdd-yyyymmdd or yyyymm."""
        match self.period:
            case Period.DAY:
                return self.begin_date
            case Period.WEEK:
                return f"{self.begin_date}-{self.end_date}"
            case Period.MONTH:
                return f"{self.first_day:%Y%m}"

    @property
    def start_timestamp(self) -> int:
        """Unix seconds of 00:00 Asia/Shanghai of the first day."""
        return int(datetime.combine(self.first_day, time(), BEIJING).timestamp())

    def __str__(self) -> str:
        match self.period:
            case Period.DAY:
                return self.first_day.isoformat()
            case Period.WEEK:
                return f"{self.first_day.isoformat()}..{self.last_day.isoformat()}"
            case Period.MONTH:
                return f"{self.first_day:%Y-%m}"


def beijing_day(moment: datetime) -> date:
    """The date in Beijing at an aware moment."""
    return moment.astimezone(BEIJING).date()


def next_midnight(moment: datetime) -> datetime:
    """The next 00:00 Asia/Shanghai after `moment`."""
    return datetime.combine(beijing_day(moment) + timedelta(days=1), time(), BEIJING)
