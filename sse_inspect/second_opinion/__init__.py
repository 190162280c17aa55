"""The same bytes through the decoder of httpx-sse: what an ordinary client would have seen, and where it differs."""

from sse_inspect.second_opinion.pairing import EFFECTS, EXAMINED_BYTES, UNPAIRED, WHOLE, Difference, SecondOpinion

__all__ = ["EFFECTS", "EXAMINED_BYTES", "UNPAIRED", "WHOLE", "Difference", "SecondOpinion"]
