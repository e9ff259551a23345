"""ProofSheet: what was checked about a network, with numbers, tolerances and a verdict."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from lrp_engine.render import notebook, templates
from lrp_engine.render.wording import visible

if TYPE_CHECKING:
    from lrp_engine.model.gate_order import GateOrder
    from lrp_engine.model.network import Network

PASS, FAIL, NOT_CHECKED = "pass", "fail", "not checked"
VERIFIED, FAILED, UNVERIFIED = "verified", "failed", "unverified"
NO_TEXT = "reads no text"
TEXT = "text"  # the line about how texts become ids
LAYER = "text_layer"  # the same of a file that holds the layer which does it
ABOUT_TEXT = (TEXT, LAYER)
TEXT_VERDICTS = {FAIL: FAILED, PASS: VERIFIED, NOT_CHECKED: UNVERIFIED}  # the first that occurs
# Lines that compare with something that did not come through our reading of the file.
INDEPENDENT = ("keras", "reference", TEXT)

# (weights, text) -> headline and what it means; a failed one comes first.
_FAILED = ("Failed", "A check failed: do not rely on explanations of this network.")
_WORDS = {
    (VERIFIED, NO_TEXT): ("Verified", "The network gives the scores of its source."),
    (VERIFIED, VERIFIED): (
        "Verified",
        "The network gives the scores of its source, and reads every compared text as the source "
        "does.",
    ),
    (VERIFIED, UNVERIFIED): (
        "Weights verified, text pipeline not verified",
        "From ids on, the network gives the scores of its source. Whether texts become the same "
        "ids was not compared: a few texts with the outputs of the original program show it.",
    ),
    (UNVERIFIED, NO_TEXT): (
        "Unverified",
        "Nothing independent was there to compare the scores with.",
    ),
    (UNVERIFIED, UNVERIFIED): (
        "Unverified",
        "Nothing independent was there to compare the scores with: a few texts with the outputs "
        "of the original program show whether weights and texts are read as meant.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One check.

    Attributes:
        name: a key, the same in every sheet.
        title: what is checked.
        verdict: PASS, FAIL or NOT_CHECKED.
        error: the largest relative error; None where there is no number.
        absolute: the same error in the unit of the quantity.
        tolerance: the largest relative error that passes.
        detail: how and on what it was checked, or why it was not.
    """

    name: str
    title: str
    verdict: str
    detail: str
    error: float | None = None
    absolute: float | None = None
    tolerance: float | None = None

    @classmethod
    def measured(
        cls, name: str, title: str, *, error: float, absolute: float, tolerance: float, detail: str
    ) -> Line:
        """A line that passes where the error is within the tolerance; NaN is not."""
        return cls(
            name=name,
            title=title,
            verdict=PASS if error <= tolerance else FAIL,
            error=error,
            absolute=absolute,
            tolerance=tolerance,
            detail=detail,
        )


@dataclass(frozen=True, kw_only=True)
class ProofSheet:
    """What was checked about one network.

    Attributes:
        model_hash, source, dtype: of the network.
        lines: the checks, in a fixed order.
        gate_order: which gate is where in the file, and how that is known; None where the format
            leaves no choice.
        assumptions: what the file did not say.
        inputs: how many samples the checks ran on.
    """

    model_hash: str
    source: str
    dtype: str
    lines: tuple[Line, ...]
    gate_order: GateOrder | None = None
    assumptions: tuple[str, ...] = ()
    inputs: int = 0

    def __getitem__(self, name: str) -> Line:
        for line in self.lines:
            if line.name == name:
                return line
        raise KeyError(name)

    @property
    def weights(self) -> str:
        """Of what is computed from ids or numbers on: "failed" where a check of it failed,
        "verified" where scores were compared with something independent, else "unverified"."""
        if any(line.verdict == FAIL for line in self.lines if line.name not in ABOUT_TEXT):
            return FAILED
        compared = any(line.verdict == PASS for line in self.lines if line.name in INDEPENDENT)
        return VERIFIED if compared else UNVERIFIED

    @property
    def text(self) -> str:
        """Of how texts become ids: "verified" where outputs of texts, or the ids of the file's own
        text layer, were compared and equal, "failed" where they differ, "unverified" where there
        was nothing to compare with; or "reads no text"."""
        found = [line.verdict for line in self.lines if line.name in ABOUT_TEXT]
        return next((TEXT_VERDICTS[one] for one in TEXT_VERDICTS if one in found), NO_TEXT)

    @property
    def verdict(self) -> str:
        """ "failed" where a check failed, "verified" where everything that applies was compared
        with something independent and passed, "unverified" otherwise."""
        both = (self.weights, self.text)
        if FAILED in both:
            return FAILED
        return UNVERIFIED if UNVERIFIED in both else VERIFIED

    @property
    def headline(self) -> str:
        """Both verdicts in a few words."""
        return self._words[0]

    @property
    def meaning(self) -> str:
        """Both verdicts in a sentence or two."""
        return self._words[1]

    @property
    def _words(self) -> tuple[str, str]:
        return _FAILED if self.verdict == FAILED else _WORDS[self.weights, self.text]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to say wherever explanations of the network appear; nothing unless it failed."""
        failed = [line.title for line in self.lines if line.verdict == FAIL]
        if not failed:
            return ()
        return (
            f"The proof of this model failed ({'; '.join(failed)}): it may not compute what its "
            "source computes, so its explanations may be wrong.",
        )

    def marked(self, network: Network) -> Network:
        """The network, whose explanations carry a warning where the proof failed.

        What a reader warned of, how texts may be read, is settled where texts are verified.
        """
        kept = () if self.text == VERIFIED else network.warnings
        together = tuple(dict.fromkeys((*kept, *self.warnings)))
        return network if together == network.warnings else replace(network, warnings=together)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; a number that is infinite or missing is null."""
        from lrp_engine.version import __version__

        order = None
        if self.gate_order is not None:
            reading = self.gate_order.reading
            order = {
                "order": reading.order,
                "settled": self.gate_order.source,
                "forget_bias": reading.forget_bias,
                "backward_first": reading.backward_first,
                "difference": _finite(reading.difference),
                "margin": _finite(self.gate_order.margin),
            }
        return {
            "engine": f"lrp-lens {__version__}",
            "verdict": self.verdict,
            "weights": self.weights,
            "text": self.text,
            "model_hash": self.model_hash,
            "source": self.source,
            "dtype": self.dtype,
            "inputs": self.inputs,
            "gate_order": order,
            "assumptions": list(self.assumptions),
            "lines": [
                {k: _finite(v) if isinstance(v, float) else v for k, v in asdict(line).items()}
                for line in self.lines
            ],
        }

    def to_text(self) -> str:
        """The sheet for a terminal or a log; ends in a line break."""
        lines = [
            f"{self.headline.upper()}: {self.meaning}",
            f"source: {visible(self.source)}; dtype {self.dtype}; {self.inputs} inputs; "
            f"model {self.model_hash}",
            "",
        ]
        for line in self.lines:
            lines.append(f"{line.verdict:>11}  {line.title}")
            if line.error is not None:
                lines.append(f"{'':13}error {figure(line.error)}, allowed {figure(line.tolerance)}")
            lines.append(f"{'':13}{visible(line.detail)}")
        if self.assumptions:
            lines += ["", "Assumed or noted while reading:"]
            lines += [f"  - {visible(sentence)}" for sentence in self.assumptions]
        return "\n".join(lines) + "\n"

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (line.verdict, line.title, figure(line.error), figure(line.tolerance),
             visible(line.detail))
            for line in self.lines
        ]  # fmt: skip

    def _repr_html_(self) -> str:
        """The sheet for a notebook."""
        return notebook.proof(self.headline, self.meaning, self._rows, self.assumptions)

    def to_html(self) -> str:
        """The sheet as a page that loads nothing; every word escaped."""
        facts = [("source", visible(self.source)), ("dtype", self.dtype),
                 ("inputs", str(self.inputs)), ("model hash", self.model_hash)]  # fmt: skip
        return templates.render(
            "proof.html", title=self.headline, headline=self.headline, meaning=self.meaning,
            rows=self._rows, assumptions=self.assumptions, facts=facts,
        )  # fmt: skip


def figure(value: float | None) -> str:
    """An error or a tolerance to read, relative: "2.1e-07"."""
    if value is None:
        return ""
    return "0" if value == 0 else f"{value:.1e}"


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value
