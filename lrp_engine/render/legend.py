"""What the colours of a heatmap mean, before it is drawn: a scale with numbers, and words."""

from __future__ import annotations

from dataclasses import dataclass

from lrp_engine.model.outputs import OUTPUT_KINDS, OutputKind
from lrp_engine.render.cells import Swatch, kind_of
from lrp_engine.render.numbers import MINUS, number
from lrp_engine.render.palettes import Palette
from lrp_engine.render.wording import visible, with_output

Phrase = tuple[tuple[str, bool], ...]  # pairs of a text and whether it is a class's name

CLASSES = OUTPUT_KINDS["softmax"]  # where nobody says it
_SIGNED_TICKS = (-1.0, -0.5, 0.0, 0.5, 1.0)
_UNSIGNED_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, kw_only=True)
class Legend:
    """Steps of the scale, words before and after them, the unit, and the palette they are of.

    Attributes:
        scale: what sets the scale, and how many values lie beyond it, in sentences; may be empty.
    """

    low: Phrase
    steps: tuple[Swatch, ...]
    high: Phrase
    unit: str
    palette: Palette
    scale: str = ""

    @classmethod
    def of(
        cls,
        *,
        signed: bool,
        vmax: float,
        unit: str,
        target_label: str,
        against_label: str | None = None,
        token_kind: str = "word",
        output: OutputKind = CLASSES,
        palette: Palette,
        scale: str = "",
        beyond: int = 0,
    ) -> Legend:
        """The legend of a heatmap.

        Args:
            signed: whether negative values exist.
            vmax: the value of the strongest colour.
            unit: of the values.
            target_label: the class explained; "a − b" is read as a contrast.
            against_label: the other class of a contrast, where labels may hold a minus themselves.
            token_kind: what the values belong to.
            output: what the target is: a class, or a value.
            palette: its colours.
            scale: what sets the scale, as a sentence. beyond: how many values lie beyond it.
        """
        if against_label is None and " − " in target_label:
            target_label, against_label = target_label.split(" − ", 1)
        steps = tuple(
            Swatch(
                text=number(tick * vmax, signed=signed, vmax=vmax),
                kind=kind_of(tick, signed=signed),
                percent=palette.percent(tick, 1),
                line=1 + 3 * abs(tick),
            )
            for tick in (_SIGNED_TICKS if signed else _UNSIGNED_TICKS)
        )
        if not signed:
            low, high = _unsigned(target_label, against_label, token_kind, output)
        else:
            low, high = _signed(target_label, against_label, output)
        return cls(low=low, steps=steps, high=high, unit=f"unit: {unit}", palette=palette,
                   scale=" ".join(filter(None, (scale, _beyond(beyond, token_kind)))))  # fmt: skip


def _beyond(count: int, token_kind: str) -> str:
    """That words share the strongest colour although their values differ; "" where none does."""
    if not count:
        return ""
    if count == 1:
        return f"1 {token_kind} here is outside the range and gets the strongest colour."
    return f"{count:,} {token_kind}s here are outside the range and get the strongest colour."


def _signed(target: str, against: str | None, output: OutputKind) -> tuple[Phrase, Phrase]:
    name = (visible(target), True)
    verb = output.opposes if against is None else output.supports
    opponent = name if against is None else (visible(against), True)
    low = ((f"{verb} ", False), opponent, (f" ({MINUS}, dashed)", False))
    high = ((f"{output.supports} ", False), name, (" (+, solid)", False))
    return low, high


def _unsigned(
    target: str, against: str | None, token_kind: str, output: OutputKind
) -> tuple[Phrase, Phrase]:
    minus: Phrase = ()
    if against is not None:
        minus = ((" minus that of ", False), (visible(against), True))
    reacts = (f" reacts to the {token_kind}, without a sign", False)
    return (), (
        (with_output("how strongly the score of ", output), False), (visible(target), True),
        *minus, reacts,
    )  # fmt: skip
