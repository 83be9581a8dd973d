"""The families on /metrics that describe apps, and rendering one family's lines for one app."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from prometheus_client.utils import floatToGoString

from exporter.errors import PublishError
from exporter.reports.table import METRICS, USUAL
from exporter.reports.vocabulary import Labels

# Measured on 140,000 samples: level 6 is 8 % smaller than level 4 and takes half as long again.
COMPRESSION_LEVEL = 6
# As a power of two.
SMALL_WINDOW = 12


class Family(NamedTuple):
    """A gauge family: its name, HELP and the names of its labels."""

    name: str
    help: str
    label_names: tuple[str, ...]


APP_INFO = Family(
    "wxa_app_info",
    "The appid of an app, and the labels that the configuration gives it. "
    "小程序的 appid，以及配置中为它设置的标签。",
    ("app", "appid"),
)
PERIOD_START = Family(
    "wxa_data_period_start_timestamp_seconds",
    "First second (Asia/Shanghai) of the period that the values of the report describe. "
    "该报表数值所属周期的起始时刻（北京时间）。",
    ("app", "report"),
)
DAY_KIND = Family(
    "wxa_data_day_kind",
    "The kind of the day that daily_visit_trend shows: workday, weekend, holiday or moved_workday "
    "(a weekend day worked in exchange for a holiday); always 1, absent in a year not decreed yet. "
    "daily_visit_trend 所示日期的类型：workday 工作日、weekend 周末、holiday 节假日、moved_workday "
    "调休上班日；值恒为 1，官方尚未公布的年份无此样本。",
    ("app", "kind"),
)
# The report whose day DAY_KIND is about.
DAY_KIND_OF = "daily_visit_trend"
# In the order they stand on /metrics.
FAMILIES: tuple[Family, ...] = (
    APP_INFO,
    PERIOD_START,
    DAY_KIND,
    *(Family(each.name, each.exposed_help, each.label_names) for each in (*METRICS, *USUAL)),
)

LabelNames = tuple[str, ...]


class Chunk(NamedTuple):
    """Lines of one family for one app: as text, and deflated so that it can stand in a stream."""

    text: bytes
    deflated: bytes


def together(chunks: Sequence[Chunk]) -> Chunk:
    """Chunks one after the other as one."""
    return Chunk(
        b"".join([each.text for each in chunks]), b"".join([each.deflated for each in chunks])
    )


def header(family: Family) -> bytes:
    """The HELP and TYPE lines of a family; a HELP has nothing to be escaped."""
    return f"# HELP {family.name} {family.help}\n# TYPE {family.name} gauge\n".encode()


def escaped(value: str) -> str:
    """A label value as both formats write it."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


class LabelTexts:
    """An app's labels as text, made once for all families that share their names.

    As prometheus_client writes them, labels in the order of their names, but in a quarter of the
    time: two million samples are rendered at the start of an exporter with 10,000 apps.
    """

    def __init__(self, app: str) -> None:
        self._app = app
        self._by_names: dict[LabelNames, dict[Labels, str]] = {}

    def of(self, family: Family, values: Iterable[Labels]) -> Mapping[Labels, str]:
        """By labels, what stands between a family's name and the value of a sample."""
        names = family.label_names
        texts = self._by_names.setdefault(names, {})
        missing = [labels for labels in values if labels not in texts]
        if missing:
            order = sorted(range(len(names)), key=names.__getitem__)
            pattern = "{" + ",".join(f'{names[position]}="%s"' for position in order) + "} "
            for labels in missing:
                every = self._app, *labels
                if len(every) != len(names):
                    raise PublishError(
                        f"{family.name} has the labels {names}, got the values {every}"
                    )
                texts[labels] = pattern % tuple([escaped(every[position]) for position in order])
        return texts


def lines(family: Family, values: Mapping[Labels, float], texts: LabelTexts) -> bytes:
    """The sample lines of a family for the app of the texts. Raises PublishError for wrong labels.

    The labels of `values` are those behind `app`.
    """
    told, name = texts.of(family, values), family.name
    samples = values.items()
    return "".join([f"{name}{told[each]}{value_text(value)}\n" for each, value in samples]).encode()


def value_text(value: float) -> str:
    """A value as prometheus_client writes it, which is as Go does."""
    # Most are small, and only from a million on does Go write otherwise than Python.
    small = 0 <= value < 1_000_000
    return repr(float(value)) if small else floatToGoString(value)  # type: ignore[no-untyped-call]


def app_info(app: str, appid: str, labels: Mapping[str, str]) -> bytes:
    """The line of one app, which may have labels that others have not."""
    names = (*APP_INFO.label_names, *labels)
    own = APP_INFO._replace(label_names=names)
    return lines(own, {(appid, *labels.values()): 1.0}, LabelTexts(app))


def chunk(text: bytes) -> Chunk:
    """The text with its raw deflate blocks, ended by a full flush so that any may follow any."""
    # A window no larger than the text spares zlib most of its setting up.
    window = SMALL_WINDOW if len(text) <= 1 << SMALL_WINDOW else zlib.MAX_WBITS
    deflater = zlib.compressobj(COMPRESSION_LEVEL, zlib.DEFLATED, -window)
    return Chunk(text, deflater.compress(text) + deflater.flush(zlib.Z_FULL_FLUSH))
