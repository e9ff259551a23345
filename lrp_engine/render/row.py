"""One row of a heatmap, as everybody draws it: HTML, SVG, the terminal and the dashboard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.attribution.shown import as_shown
from lrp_engine.errors import InputError
from lrp_engine.render.cells import GAP, Cell, PlainCell, cells
from lrp_engine.render.legend import CLASSES, Legend
from lrp_engine.render.numbers import vmax_of
from lrp_engine.render.palettes import Palette, palette_named
from lrp_engine.render.wording import (
    direction_of,
    target_words,
    visible,
    with_noun,
    with_output,
)

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.attribution.methods import Method
    from lrp_engine.model.outputs import OutputKind


@dataclass(frozen=True, kw_only=True)
class HeatmapRow:
    """The n words of a text with their values by one method.

    Attributes:
        cells: the words. legend: what their colours mean; None where it is said elsewhere.
        name: what the row is called among others, as "LRP"; title: the same in full.
        meaning: what its values are, as a sentence. label: what the row is, for screen readers.
        token_kind: "word", "feature" or "step".
        signed: whether negative values exist. vmax: the value of the strongest colour.
        palette: its colours.
        unknown_note: what is said of a word that the vocabulary lacks.
    """

    cells: tuple[Cell, ...]
    legend: Legend | None = None
    name: str = ""
    title: str = ""
    meaning: str = ""
    label: str = ""
    token_kind: str = "word"
    signed: bool
    vmax: float
    palette: Palette
    unknown_note: str

    @classmethod
    def of_values(
        cls,
        tokens: Sequence[str],
        values: Sequence[float] | np.ndarray,
        *,
        signed: bool,
        value_name: str = "relevance",
        palette: str | None = None,
        vmax: float | None = None,
        unknown: Sequence[bool] | np.ndarray | None = None,
        padding: Sequence[bool] | np.ndarray | None = None,
        substitute: str | None = None,
        name: str = "",
        label: str = "",
    ) -> HeatmapRow:
        """A row of words with any values, without a legend.

        Args:
            tokens: n words. values: (n,).
            signed: whether negative values exist; chooses the colours.
            value_name: what a value is called.
            palette: a name in `PALETTES`; the default one where None.
            vmax: the value of the strongest colour; the largest |value| where None.
            unknown: (n,) words the vocabulary lacks; substitute: what the model saw in their place.
            padding: (n,) what is no word, but fills the text up.
            name, label: as of the class.

        Raises:
            InputError: there is no such palette; lists them.
            ValueError: there are not as many values as words.
        """
        colours = palette_named(palette)
        top = vmax_of(np.asarray(values)) if vmax is None else vmax
        saw = "no vector for it" if substitute is None else visible(substitute)
        note = f"unknown word, the model saw {saw}"
        drawn = cells(
            tokens,
            values,
            [False] * len(tokens) if unknown is None else unknown,
            [False] * len(tokens) if padding is None else padding,
            signed=signed,
            value_name=value_name,
            palette=colours,
            vmax=top,
            unknown_note=note,
        )
        return cls(
            cells=tuple(drawn),
            name=name,
            label=label or f"Words with their {value_name}",
            signed=signed,
            vmax=top,
            palette=colours,
            unknown_note=note,
        )

    @classmethod
    def of_method(
        cls,
        info: Method,
        tokens: Sequence[str],
        values: Sequence[float] | np.ndarray,
        *,
        target_label: str,
        against_label: str | None = None,
        token_kind: str = "word",
        output: OutputKind = CLASSES,
        unit: str = "",
        label: str = "",
        scale: str = "",
        **options: Any,
    ) -> HeatmapRow:
        """A row of words with a method's values, with its legend.

        Args:
            info: the method. tokens: n words. values: (n,).
            target_label, against_label: the class or value explained, and the other one of a
                contrast.
            output: what the target is. unit: of the values; that of the method where empty.
            label: what the row is, for screen readers; the method and the target where empty.
            scale: what sets the scale of colour, as a sentence.
            options: palette, vmax, unknown, padding, substitute, as of `of_values`.
        """
        target = target_label if against_label is None else f"{target_label} − {against_label}"
        row = cls.of_values(
            tokens,
            values,
            signed=info.signed,
            value_name=info.value_name,
            name=info.short,
            label=label or f"{info.title}, {target}",
            **options,
        )
        legend = Legend.of(
            signed=info.signed,
            vmax=row.vmax,
            unit=unit or info.unit,
            target_label=target_label,
            against_label=against_label,
            token_kind=token_kind,
            output=output,
            palette=row.palette,
            scale=scale,
            beyond=int((np.abs(row.values) > row.vmax).sum()),
        )
        meaning = with_output(with_noun(info.meaning, token_kind), output)
        return replace(row, legend=legend, title=info.title, meaning=meaning, token_kind=token_kind)

    @classmethod
    def of_explanation(
        cls,
        explanation: Explanation,
        index: int = 0,
        *,
        palette: str | None = None,
        vmax: float | None = None,
        substitute: str | None = None,
        scale: str = "",
    ) -> HeatmapRow:
        """One sample of an explanation, with its legend; padding is one cell.

        Arguments as of `of_values` and `of_method`.
        """
        one = as_shown(explanation[index])
        target, against = target_words(one)
        return cls.of_method(
            one.method_info,
            one.tokens[0],
            one.token_relevance[0],
            target_label=target,
            against_label=against,
            token_kind=one.token_kind,
            output=one.output_kind,
            unit=one.unit,
            scale=scale,
            palette=palette,
            vmax=vmax,
            unknown=one.unknown[0],
            padding=one.padding[0],
            substitute=substitute or one.substitute,
        )

    @property
    def tokens(self) -> tuple[str, ...]:
        return tuple(cell.token for cell in self.cells)

    @property
    def direction(self) -> str:
        """Which way the words run: "rtl" where most letters are of a script written so."""
        return direction_of(self.tokens)

    @property
    def plain_cells(self) -> list[PlainCell]:
        return [cell.plain for cell in self.cells]

    @property
    def padding(self) -> np.ndarray:
        """(n,) which cells are padding."""
        return np.array([cell.padding for cell in self.cells], bool)

    @property
    def values(self) -> np.ndarray:
        """(n,)"""
        return np.array([cell.value for cell in self.cells], np.float64)

    def placed(self, positions: Iterable[int | None]) -> HeatmapRow:
        """The row with its words at other places; a gap where a position is None."""
        placed = (GAP if position is None else self.cells[position] for position in positions)
        return replace(self, cells=tuple(placed))


def method_rows(
    explanations: Mapping[str, Explanation],
    *,
    palette: str | None = None,
    vmax: Mapping[str, float | None] | None = None,
    scale: Mapping[str, str] | None = None,
) -> list[HeatmapRow]:
    """A row per explanation of one sample, and per input where there are several.

    Args:
        vmax: the value of the strongest colour, by the explanation's key; the row's own largest
            |value| where it is None or missing.
        scale: what sets that value, as a sentence, likewise.
    """
    return [
        row
        for key, explanation in explanations.items()
        for row in input_rows(
            explanation,
            palette=palette,
            vmax=(vmax or {}).get(key),
            scale=(scale or {}).get(key, ""),
        )
    ]


def input_rows(
    explanation: Explanation,
    *,
    palette: str | None = None,
    vmax: float | None = None,
    substitute: str | None = None,
    scale: str = "",
) -> list[HeatmapRow]:
    """A row per input of one sample that is explained, in one scale of colour; mostly one.

    Arguments as of `HeatmapRow.of_explanation`.
    """
    parts = explanation.by_input()
    if vmax is None and len(parts) > 1:
        vmax = vmax_of(*(part.token_relevance[0] for part in parts.values()))
    rows = []
    for name, part in parts.items():
        row = HeatmapRow.of_explanation(
            part, palette=palette, vmax=vmax, substitute=substitute, scale=scale
        )
        if name:
            title, label = (f"{text}, {visible(name)}" for text in (row.title, row.label))
            row = replace(row, name=f"{row.name} {visible(name)}", title=title, label=label)
        rows.append(row)
    return rows


def of_one_text(
    explanations: Mapping[str, Explanation] | Explanation, index: int, *, what: str
) -> dict[str, Explanation]:
    """One sample by every method, each with B = 1 and its padding as one token.

    Args:
        what: of which it is the content, as "A page".

    Raises:
        InputError: there is no explanation, or they are of different words.
    """
    if not isinstance(explanations, Mapping):
        explanations = {explanations.method: explanations}
    samples = {key: as_shown(explanation[index]) for key, explanation in explanations.items()}
    if len({one.tokens for one in samples.values()}) != 1:
        raise InputError(f"{what} needs explanations of one text, by one method or more.")
    return samples
