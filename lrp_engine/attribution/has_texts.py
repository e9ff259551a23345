"""Where the words of samples stand in the texts that were typed, and which were not read."""

from __future__ import annotations

from functools import cached_property

from lrp_engine.model.text.alignment import Alignment, LeftOut
from lrp_engine.model.text.cutters import Span


class HasTexts:
    """Samples of texts.

    Attributes:
        alignment: where words stand; None where words or numbers were given.
    """

    alignment: Alignment | None

    def __len__(self) -> int:
        raise NotImplementedError

    @cached_property
    def spans(self) -> tuple[tuple[Span | None, ...] | None, ...]:
        """Per sample, the first and last + 1 character of each token in its text.

        None for a token that the text does not hold: padding, marks. None for a whole sample that
        was given as words or numbers.
        """
        if self.alignment is None:
            return (None,) * len(self)
        return tuple(map(self.alignment.spans, range(len(self))))

    @cached_property
    def left_out(self) -> tuple[tuple[LeftOut, ...], ...]:
        """Per sample, the words that were typed and that the network did not read, and why."""
        if self.alignment is None:
            return ((),) * len(self)
        return tuple(map(self.alignment.left_out, range(len(self))))

    @property
    def texts(self) -> tuple[str | None, ...]:
        """Per sample, what was typed; None where it was given as words or numbers."""
        if self.alignment is None:
            return (None,) * len(self)
        return tuple(map(self.alignment.text, range(len(self))))
