"""IDs that step by 1, a number behind a prefix: how they are told, and remembered together."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from struct import pack

Numbered = tuple[str, int]
"""What stands before the number of an ID, which does not end with a digit, and the number."""

LONGEST = 256
"""Characters of an ID up to which its number is looked at."""
LONGEST_NUMBER = 18
"""Digits up to which it is one: it fits into 64 bits."""
MAX_PREFIXES = 256
"""Prefixes whose IDs are remembered together: one that has but a few IDs is dearer so than they are one by one."""
_HIGHEST = 10**LONGEST_NUMBER - 1
_DIGITS = "0123456789"
_HUNDRED = "".join(f"\0{number:02}\n" for number in range(100))
"""A hundred IDs in a row, a line each, the NUL standing for what they begin with."""
_LINE = 4


def numbered(event_id: str) -> Numbered | None:
    """Prefix and number of an ID; None where it has no number, or one that is not spelled as numbers usually are."""
    if len(event_id) > LONGEST:
        return None
    prefix = event_id.rstrip(_DIGITS)
    digits = event_id[len(prefix) :]
    if not digits or len(digits) > LONGEST_NUMBER or (digits[0] == "0" and digits != "0"):
        return None
    return prefix, int(digits)


def stepping(event_ids: Sequence[str]) -> Numbered | None:
    """The first of IDs that step by 1 from there on; None where they do not, or have no numbers to step.

    None of them has a line feed in it.
    """
    begin = numbered(event_ids[0])
    if begin is None:
        return None
    prefix, first = begin
    last = first + len(event_ids) - 1
    if event_ids[-1] != f"{prefix}{last}" or numbered(event_ids[-1]) is None:
        return None
    return begin if "\n".join(event_ids) == _spelled(prefix, first, last) else None


def _spelled(prefix: str, first: int, last: int) -> str:
    """IDs in a row, a line each: made of whole hundreds, which is several times faster than one by one."""
    lines: list[str] = []
    if first < 100:
        lines += [f"{prefix}{number}\n" for number in range(first, min(last, 99) + 1)]
        first = 100
    for hundred in range(first // 100, last // 100 + 1):
        begin, end = max(0, first - 100 * hundred), min(100, last + 1 - 100 * hundred)
        lines.append(_HUNDRED[begin * _LINE : end * _LINE].replace("\0", f"{prefix}{hundred}"))
    return "".join(lines)[:-1]


class Spans:
    """IDs that step by 1, each with the hash of the data it came with: 8 bytes an ID, whatever they are.

    Those of one prefix ascend, with holes where they do not step.
    """

    __slots__ = ("_latest", "_next", "_prefix", "_prefixes", "count")

    def __init__(self) -> None:
        self._prefixes: dict[str, _Ascending] = {}
        self._prefix = ""
        self._latest = _Ascending()
        self._next: str | None = None
        self.count = 0
        """How many there are."""

    def clear(self) -> None:
        """Forget them all."""
        self._prefixes.clear()
        self._next = None
        self.count = 0

    def end(self, prefix: str) -> int:
        """The number behind the highest of a prefix, 0 if there is none."""
        numbers = self._prefixes.get(prefix)
        return 0 if numbers is None else numbers.end

    def get(self, prefix: str, number: int) -> int | None:
        """The hash of the data that the ID came with; None if it is not here."""
        numbers = self._prefixes.get(prefix)
        if numbers is None:
            return None
        place = numbers.place(number)
        return None if place is None else numbers.hashes[place]

    def has_any(self, prefix: str, first: int, last: int) -> bool:
        """Whether any of the IDs from `first` to `last` is here."""
        numbers = self._prefixes.get(prefix)
        return numbers is not None and numbers.has_any(first, last)

    def step(self, event_id: str, data_hash: int) -> bool:
        """Take an ID if it is the next of the one that was taken last; else return False."""
        if event_id != self._next:
            return False
        numbers = self._latest
        numbers.hashes.append(data_hash)
        numbers.end = end = numbers.end + 1
        self.count += 1
        self._next = f"{self._prefix}{end}" if end <= _HIGHEST else None
        return True

    def append(self, prefix: str, number: int, data_hash: int) -> bool:
        """Take an ID that is higher than all others of its prefix, of which there are some; else return False."""
        numbers = self._prefixes.get(prefix)
        if numbers is None or number < numbers.end:
            return False
        numbers.append(number, data_hash)
        self.count += 1
        self._expect(prefix, numbers)
        return True

    def replace(self, prefix: str, number: int, data_hash: int) -> bool:
        """The ID came with other data; return False if it is not here."""
        numbers = self._prefixes.get(prefix)
        place = None if numbers is None else numbers.place(number)
        if numbers is None or place is None:
            return False
        numbers.hashes[place] = data_hash
        return True

    def extend(self, prefix: str, first: int, hashes: Sequence[int]) -> bool:
        """Take IDs that step by 1 from `first` on; else return False: there is no room, or one is as high already."""
        numbers = self._prefixes.get(prefix)
        if numbers is None:
            if len(self._prefixes) >= MAX_PREFIXES:
                return False
            numbers = self._prefixes[prefix] = _Ascending()
        elif first < numbers.end:
            return False
        numbers.extend(first, hashes)
        self.count += len(hashes)
        self._expect(prefix, numbers)
        return True

    def _expect(self, prefix: str, numbers: _Ascending) -> None:
        """Know the next ID, so that it need not be taken apart."""
        self._prefix, self._latest = prefix, numbers
        is_bounded = len(prefix) + LONGEST_NUMBER <= LONGEST and numbers.end <= _HIGHEST
        self._next = f"{prefix}{numbers.end}" if is_bounded else None


class _Ascending:
    """Numbers in ascending order: from each of `firsts` on they step by 1; `places` are those of their hashes."""

    __slots__ = ("_firsts", "_places", "end", "hashes")

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._places: list[int] = []
        self.hashes = array("q")
        self.end = 0
        """The number behind the highest."""

    def append(self, number: int, data_hash: int) -> None:
        if number != self.end:
            self._begin(number)
        self.end = number + 1
        self.hashes.append(data_hash)

    def extend(self, first: int, hashes: Sequence[int]) -> None:
        if first != self.end or not self._firsts:
            self._begin(first)
        self.end = first + len(hashes)
        self.hashes.frombytes(pack(f"{len(hashes)}q", *hashes))

    def _begin(self, first: int) -> None:
        self._firsts.append(first)
        self._places.append(len(self.hashes))

    def place(self, number: int) -> int | None:
        if number >= self.end:
            return None
        index = bisect_right(self._firsts, number) - 1
        if index < 0:
            return None
        place = self._places[index] + number - self._firsts[index]
        return place if place < self._stop(index) else None

    def has_any(self, first: int, last: int) -> bool:
        index = bisect_right(self._firsts, last) - 1
        return index >= 0 and first < self._firsts[index] + self._stop(index) - self._places[index]

    def _stop(self, index: int) -> int:
        """The place behind the hashes of one stretch."""
        return self._places[index + 1] if index + 1 < len(self._places) else len(self.hashes)
