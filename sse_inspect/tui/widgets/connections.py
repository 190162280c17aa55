"""The latest connections: how each ended, what it brought, and how soon the next one stood."""

from __future__ import annotations

from sse_inspect.inspected import ConnectionRow, Snapshot
from sse_inspect.present import safe, signs, units
from sse_inspect.present.words import END_REASONS
from sse_inspect.records import Origin
from sse_inspect.tui.widgets.pane import Line, Pane, cells

_NARROW = 54
_MINUTE = 60.0


class ConnectionsPane(Pane):
    """One line each, the newest first."""

    title = "Connections"

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """As many as fit."""
        self.subtitle = f"{units.count(snapshot.connection)} in all" if snapshot.connection > height else ""
        lines: list[Line] = []
        reopened: float | None = None
        for row in reversed(snapshot.connections):
            if len(lines) == height:
                break
            lines.append(_line(row, snapshot, reopened, width))
            if row.opened is not None:
                reopened = row.reopened_after
        return lines or [[("no connection yet", "dim")]]


def _line(row: ConnectionRow, snapshot: Snapshot, reopened: float | None, width: int) -> Line:
    sign, word = _state(row, snapshot)
    started = row.started if row.opened is None else row.opened
    lasted = (snapshot.now if row.ended is None else row.ended) - started
    # A clock counts on; what is over was measured, and is said as it is in the list.
    length = _clock(lasted, width) if row.ended is None or lasted >= _MINUTE else units.seconds(lasted)
    if not _is_timed(row, snapshot.origin):
        length = units.UNKNOWN
    line: Line = [
        (f"{row.connection:>3} ", ""),
        (f"{sign.sign} ", sign.style),
        (safe.fit(safe.preview(word, 12), 12), sign.style if row.ended is None else ""),
        (f" {length:>{5 if width < _NARROW else 8}}  ", "dim"),
        (f"{units.count(row.events)} ev".rjust(8), "" if row.events else "dim"),
        ("  ", ""),
    ]
    room = width - cells(line)
    tails = _tails(row, reopened)
    fitting = next((tail for tail in tails if safe.cells(tail) <= room), tails[-1])
    return [*line, (safe.clip(fitting, room), "dim")]


def _is_timed(row: ConnectionRow, origin: Origin) -> bool:
    """Whether it is told how long it lasted, or lasts."""
    return origin.has_openings and (origin.has_ends or row.reason not in ("", "unknown"))


def _clock(seconds: float, width: int) -> str:
    """The duration, without hours where it is narrow and there are none."""
    clock = units.hms(seconds)
    return clock.removeprefix("00:") if width < _NARROW else clock


def _state(row: ConnectionRow, snapshot: Snapshot) -> tuple[signs.Sign, str]:
    if row.ended is not None:
        word = END_REASONS["unknown"] if row.reason == "unknown" else row.reason
        return signs.KINDS["stall" if row.reason == "stall" else "disconnect"], word
    if snapshot.ended is not None:
        return signs.STATES["closed"], snapshot.ended.reason
    if row.opened is None:
        return signs.STATES["connecting"], "connecting"
    sign = signs.state("open", snapshot.stalled)
    return sign, sign.word.lower()


def _tails(row: ConnectionRow, reopened: float | None) -> list[str]:
    """What else there is to say, the longest first."""
    if row.ended is not None and row.opened is not None and reopened is not None:
        return [f"{lead}{units.seconds(reopened)}" for lead in ("reopened after ", "back after ", "back +", "+")]
    if row.ended is None and row.first_byte is not None:
        return [f"first byte {units.seconds(row.first_byte)}", units.seconds(row.first_byte)]
    return [safe.preview(row.detail, 60)]
