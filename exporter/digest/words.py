"""A day's digest as text for a terminal, as markdown for a WeCom group robot, or as JSON."""

import json
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from rich.cells import cell_len, set_cell_size

from exporter.digest.numbers import Digest, Missing, Move, Told
from exporter.digest.phrases import PHRASES, Language, Phrases

# What a message to a group robot may have, in bytes of UTF-8.
MARKDOWN_BYTES = 4096
NAME_CELLS, MESSAGE_LENGTH = 40, 200
LOOK_ALIKES = str.maketrans("*`[]<>", "＊'［］＜＞")
COUNTS = ("visitors", "new_visitors", "sessions")


class Form(StrEnum):
    """How a digest is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


class Line(NamedTuple):
    """A number as it is shown."""

    name: str
    value: str
    change: str
    usual: str
    told: Told


def worded(digests: Sequence[Digest], form: Form, language: Language) -> str:
    """The digests of some apps. As markdown, of as many of them as a message has room for."""
    phrases = PHRASES[language]
    match form:
        case Form.TEXT:
            return "\n\n".join(_text(digest, phrases) for digest in digests)
        case Form.MARKDOWN:
            return _markdown(digests, phrases)
        case Form.JSON:
            return json.dumps([_data(digest) for digest in digests], ensure_ascii=False, indent=2)


def _text(digest: Digest, phrases: Phrases) -> str:
    lines = [f"{digest.app}  {_day(digest, phrases)}", f"  {_headline(digest, phrases)}"]
    lines += _columns([line[:4] for line in _figures(digest, phrases)])
    for heading, moves in _moves(digest, phrases):
        lines += ["", f"  {heading}", *_columns([line[:4] for line in moves])]
    if digest.missing:
        why = [f"    {_why(each, phrases)}" for each in digest.missing]
        lines += ["", f"  {phrases.missing}", *why]
    return "\n".join(lines)


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Names to the left, numbers to the right; a Chinese character is two cells wide."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for name, *numbers, usual in rows:
        cells = [set_cell_size(name, widths[0])]
        for number, width in zip(numbers, widths[1:], strict=False):
            cells.append(" " * (width - cell_len(number)) + number)
        yield "    " + "  ".join([*cells, usual]).rstrip()


def _markdown(digests: Sequence[Digest], phrases: Phrases) -> str:
    whole = "\n\n".join(_section(digest, phrases) for digest in digests)
    if len(whole.encode()) <= MARKDOWN_BYTES:
        return whole
    # Then a line for each, and where there is no room for all, for those that changed most.
    ordered = sorted(digests, key=lambda digest: -abs(digest.visitors.change or 0))
    for kept in range(len(ordered), -1, -1):
        lines = [_line(digest, phrases) for digest in ordered[:kept]]
        if kept < len(ordered):
            lines.append(phrases.more.format(len(ordered) - kept))
        text = "\n".join(lines)
        if len(text.encode()) <= MARKDOWN_BYTES:
            break
    return text


def _section(digest: Digest, phrases: Phrases) -> str:
    lines = [
        f"### {digest.app} {_day(digest, phrases)}",
        f"**{_plain(_headline(digest, phrases))}**",
        *(f"> {_marked(line)}" for line in _figures(digest, phrases)),
    ]
    for heading, moves in _moves(digest, phrases):
        lines += [f"**{heading}**", *(f"> {_marked(line)}" for line in moves)]
    for each in digest.missing:
        why = _plain(f"{phrases.missing}{phrases.colon}{_why(each, phrases)}")
        lines.append(f'<font color="comment">{why}</font>')
    return "\n".join(lines)


def _line(digest: Digest, phrases: Phrases) -> str:
    if not digest.known:
        return f"**{digest.app}** {phrases.nothing_known}"
    figures = _figures(digest, phrases)
    return f"**{digest.app}** {_marked(figures[0])}"


def _marked(line: Line) -> str:
    colour = "comment"
    if line.told.notable:
        colour = "info" if (line.told.difference or 0) > 0 else "warning"
    change = f' <font color="{colour}">{line.change}</font>' if line.change else ""
    return f"{_plain(line.name)} **{line.value}**{change} {line.usual}".rstrip()


def _plain(text: str) -> str:
    """Without what the robot takes for markup; it knows no way to escape that."""
    return text.translate(LOOK_ALIKES)


def _day(digest: Digest, phrases: Phrases) -> str:
    kind = f"{phrases.comma}{phrases.kinds[digest.kind]}" if digest.kind else ""
    return f"{digest.day} {phrases.weekdays[digest.day.weekday()]}{kind}"


def _headline(digest: Digest, phrases: Phrases) -> str:
    """Was it a good day, and what moved it."""
    visitors = digest.visitors
    if not digest.known:
        return phrases.nothing_known
    if visitors.change is None:
        return phrases.not_comparable
    if not visitors.notable:
        return phrases.as_usual
    sentence = phrases.above if visitors.change > 0 else phrases.below
    return sentence.format(f"{abs(visitors.change):.0%}") + _moved(digest, phrases)


def _moved(digest: Digest, phrases: Phrases) -> str:
    """The source and the page that moved most, the same way as the visitors."""
    more = (digest.visitors.difference or 0) > 0
    found = []
    for moves, words in (
        (digest.sources, phrases.source_moved),
        (digest.pages, phrases.page_moved),
    ):
        same = (move for move in moves if ((move.told.difference or 0) > 0) == more)
        found += [
            words.format(_name(move.name, phrases), f"{move.told.difference:+,.0f}")
            for move in list(same)[:1]
        ]
    return phrases.moved.format(phrases.semicolon.join(found)) if found else ""


def _figures(digest: Digest, phrases: Phrases) -> list[Line]:
    """The day's numbers, those that are known."""
    lines = [
        _counted(getattr(phrases, name), getattr(digest, name), phrases)
        for name in COUNTS
        if getattr(digest, name).value is not None
    ]
    rate = digest.retention
    if rate.value is not None:
        points = "" if rate.difference is None else phrases.points.format(rate.difference * 100)
        usual = _usual(rate, "{:.1%}".format, phrases)
        lines.append(Line(phrases.retention, f"{rate.value:.1%}", points, usual, rate))
    return lines


def _moves(digest: Digest, phrases: Phrases) -> Iterator[tuple[str, list[Line]]]:
    for heading, moves in (
        (phrases.source_heading, digest.sources),
        (phrases.page_heading, digest.pages),
    ):
        if moves:
            lines = [_counted(_name(move.name, phrases), move.told, phrases) for move in moves]
            yield heading, lines


def _counted(name: str, told: Told, phrases: Phrases) -> Line:
    change = "" if told.change is None else f"{told.change:+.0%}"
    usual = _usual(told, "{:,.0f}".format, phrases)
    return Line(name, f"{told.value:,.0f}", change, usual, told)


def _usual(told: Told, shown: Callable[[float], str], phrases: Phrases) -> str:
    if told.usual is None or told.spread is None:
        return ""
    return phrases.usual.format(*map(shown, (told.usual, *told.spread)))


def _name(name: str, phrases: Phrases) -> str:
    """A source in the reader's language, a page as long as a line bears.

    Pages are named by whoever opens a link to one: no control characters.
    """
    name = _printable(phrases.sources.get(name, name))
    if cell_len(name) <= NAME_CELLS:
        return name
    half = (NAME_CELLS - len("...")) // 2
    # Both ends tell pages apart.
    ends = set_cell_size(name, half), set_cell_size(name[::-1], half)[::-1]
    return "...".join(end.strip() for end in ends)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _why(missing: Missing, phrases: Phrases) -> str:
    at = f"{missing.at:%m-%d %H:%M}" if missing.at else ""
    said = phrases.why[missing.why].format(
        at=at, message=_printable(missing.message[:MESSAGE_LENGTH])
    )
    return f"{missing.report}{phrases.colon}{said}"


def _data(digest: Digest) -> dict[str, Any]:
    def told(number: Told) -> dict[str, float | bool | None]:
        return {**number._asdict(), "change": number.change, "notable": number.notable}

    def moves(found: Sequence[Move]) -> list[dict[str, Any]]:
        return [{"name": move.name, **told(move.told)} for move in found]

    return {
        "app": digest.app,
        "day": str(digest.day),
        "kind": digest.kind,
        **{name: told(getattr(digest, name)) for name in (*COUNTS, "retention")},
        "sources": moves(digest.sources),
        "pages": moves(digest.pages),
        "missing": [
            {**each._asdict(), "at": each.at and each.at.isoformat()} for each in digest.missing
        ],
    }
