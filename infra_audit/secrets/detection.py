"""What the secret engine says about one credential, and what its rules hand it."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

DETECTOR_VERSION = "2026.11.7"  # raised with every change of what is found


class Confidence(StrEnum):
    """How sure we are that it is a credential, surest first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    def lower(self) -> "Confidence":
        """One step less sure; `low` stays what it is."""
        steps = list(Confidence)
        return steps[min(steps.index(self) + 1, len(steps) - 1)]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule's hit, still holding the value: lives only inside the engine, and its repr hides what it holds.

    `start` and `end` are byte offsets of the value in the text. Of hits that overlap the lowest `rank` wins.
    """

    rule: str
    title: str
    value: str = field(repr=False)
    start: int
    end: int
    engine: str
    rank: int
    confidence: Confidence
    reason: str
    kind: str = "secret"  # what the preview calls it where the value has no provider's prefix
    key_id: str = field(default="", repr=False)  # the AWS access key id that belongs to this secret


@dataclass(frozen=True, slots=True)
class Detection:
    """One credential in one text, without its value.

    `line` counts from 1 (the first place). `entropy` is in bits a character. `aws_account` is what an access key id
    tells about itself. `companion` is the fingerprint of the id that was paired with an AWS secret.
    """

    rule: str
    title: str
    preview: str
    fingerprint: str
    line: int
    engines: tuple[str, ...]
    confidence: Confidence
    confidence_reason: str
    entropy: float
    aws_account: str = ""
    companion: str = ""

    @property
    def engine(self) -> str:
        """Every engine that saw it, for reading: "kingfisher, own rules"."""
        return ", ".join(self.engines)

    def as_row(self) -> dict[str, Any]:
        """All of it in JSON types, for an inventory row."""
        return {**asdict(self), "engines": list(self.engines), "confidence": self.confidence.value}
