"""What events say: JSON of realistic size, a pure function of a seed and a position."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

_json = json.JSONEncoder(ensure_ascii=False).encode
_SYMBOLS = ("ABC", "KLM", "NORD", "QUX", "ZETA")
_NOTICES = ("market open", "price band widened", "trading resumed", "feed switched to standby", "auction begins")
_UNICODE = "Grüße · 世界 · Ελλάδα · 🌍🏽 · e\u0301 · שלום"
# Everything a terminal must never be handed raw: CSI, C1, DEL, bidi override, zero width, tags, Rich markup.
_HOSTILE = "\x1b[31mred\x1b]0;title\x07 \x9b2J \x7f \u202eevil\u202c a\u200bb \U000e0041 [bold]markup[/bold] \x00"


@dataclass(frozen=True, slots=True)
class Payload:
    """An event's type and data; the type is empty for the default one, "message"."""

    type: str
    data: str


def payload(seed: int, position: int, *, type: str, size: int, lines: int, text: str) -> Payload:  # noqa: A002 - the field's name
    """The event at `position`, from 0; `size` in bytes of data, 0 as it comes. `lines` are data lines."""
    dice = int.from_bytes(blake2b(b"%d/%d" % (seed, position), digest_size=12).digest(), "big")
    kind = _kind(dice % 100)
    fields = _FIELDS[kind](dice // 100, position)
    if text == "unicode":
        fields["note"] = _UNICODE
    name = kind if type == "mixed" else type
    return Payload("" if name == "message" else name, _shape(fields, size, lines, text))


def _kind(percent: int) -> str:
    if percent < 80:
        return "tick"
    return "trade" if percent < 95 else "notice"


def _tick(dice: int, position: int) -> dict[str, Any]:
    price = round(90 + dice % 2000 / 100, 2)
    return {
        "symbol": _SYMBOLS[dice // 2000 % len(_SYMBOLS)],
        "price": price,
        "bid": round(price - 0.01, 2),
        "ask": round(price + 0.01, 2),
        "volume": dice // 10_000 % 900 + 100,
        "n": position,
    }


def _trade(dice: int, position: int) -> dict[str, Any]:
    return {
        "symbol": _SYMBOLS[dice // 2000 % len(_SYMBOLS)],
        "side": "buy" if dice & 1 else "sell",
        "price": round(90 + dice % 2000 / 100, 2),
        "quantity": dice // 10_000 % 900 + 100,
        "trade": f"{dice % 2**32:08x}",
        "n": position,
    }


def _notice(dice: int, position: int) -> dict[str, Any]:
    return {"level": "warning" if dice % 4 == 0 else "info", "text": _NOTICES[dice % len(_NOTICES)], "n": position}


_FIELDS = {"tick": _tick, "trade": _trade, "notice": _notice}


def _shape(fields: dict[str, Any], size: int, lines: int, text: str) -> str:
    data = _break(_json(fields), lines)
    if text == "hostile":
        data += _HOSTILE
    if not size:
        return data
    missing = size - len(data.encode())
    frame = len(', "pad": ""')
    if missing >= frame and data.endswith("}"):
        return f'{data[:-1]}, "pad": "{"x" * (missing - frame)}"' + "}"
    if missing >= 0:
        return data + "x" * missing
    # Cut at whole characters; what a cut one leaves is filled, so that the size is always the one asked for.
    cut = data.encode()[:size].decode(errors="ignore")
    return cut + "x" * (size - len(cut.encode()))


def _break(data: str, lines: int) -> str:
    """Line ends after commas, then before the closing brace: JSON does not mind either."""
    breaks = min(lines - 1, data.count(", "))
    data = data.replace(", ", ",\n", breaks)
    return data[:-1] + "\n" * (lines - 1 - breaks) + data[-1]
