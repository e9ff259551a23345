"""Finds how texts become ids by the outputs that another program gave them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from lrp_engine.errors import InputError
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.model.assumption import still_open
from lrp_engine.model.network import Network
from lrp_engine.model.text import Tokenizer
from lrp_engine.model.text.options import OPTIONS
from lrp_engine.proof.deciding_texts import deciding
from lrp_engine.proof.text_candidates import LENGTHS, LookedUp, paddings, sequences
from lrp_engine.proof.text_search import Search, TextCandidate

_TEXT_KEYS = frozenset(map("tokenizer.{}".format, OPTIONS))
ACCEPTED = 1e-4  # largest difference, relative to the largest score (or 1)
ROUNDING = 1e-7  # differences below it are one and the same
MARGIN = 10  # how many times worse the runner-up must be
SHOWN = 4
NEAR = 4  # ways to look words up that all lengths are tried with first
LONGEST = 512  # tokens, where every length is tried
FIRST_STEPS = 1_500_000  # time steps that all lengths may take on the text asked first


class UndecidedTextError(InputError):
    """The outputs do not decide.

    Attributes:
        candidates: the best ones, for a person to choose from.
        deciding: texts in words, as "a text with an apostrophe", of which one with its output would
            decide; empty where no candidate gives the outputs.
    """

    def __init__(
        self, message: str, candidates: Sequence[TextCandidate], deciding: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.candidates, self.deciding = tuple(candidates), tuple(deciding)


def with_detected_text(
    network: Network,
    reference: Reference | None,
    *,
    before_pass: Callable[[], None] = lambda: None,
) -> Network:
    """The network with the text pipeline that gives the outputs of a reference's texts.

    Args:
        before_pass: may raise to stop.

    Raises:
        InputError: the network reads no text, or the reference holds no texts with numbers.
        UndecidedTextError: no pipeline comes close enough, or several do; lists the best ones and
            says which text would decide.
    """
    ranked = rank(network, reference, before_pass=before_pass)
    assert reference is not None
    best, count = ranked[0], len(reference.texts)
    margin = _margin(ranked)
    if not best.difference < ACCEPTED or margin < MARGIN:
        raise _undecided(network, ranked, reference.texts)
    sentence = (
        f"The text pipeline is detected from the outputs of {count} text{'s' * (count > 1)}: "
        f"{best} (largest difference {best.difference:.1e}{_ahead(margin)})."
    )
    texts = "; ".join(_deciding(network, best, best.alike))
    more = [f"What these texts leave open about how texts are read would be shown by {texts}."]
    return read_by(network, best, (sentence, *(more if texts else ())))


def read_by(network: Network, candidate: TextCandidate, sentences: Iterable[str]) -> Network:
    """The network that reads texts as a candidate does, which nobody has to assume any more.

    Args:
        sentences: how that is known.
    """
    return replace(
        network,
        tokenizer=candidate.tokenizer,
        vocabulary=candidate.vocabulary,
        assumptions=(*still_open(network.assumptions, _TEXT_KEYS), *sentences),
        warnings=(),  # those of a network that was just read are about its text pipeline
    )


def rank(
    network: Network,
    reference: Reference | None,
    *,
    before_pass: Callable[[], None] = lambda: None,
) -> list[TextCandidate]:
    """Candidates that differ on some text, the nearest first; those far off are left out.

    Args:
        before_pass: may raise to stop.

    Raises:
        InputError: the network reads no text, the reference holds no texts or only classes, or
            the texts are too long to try everything.
    """
    if network.vocabulary is None:
        raise InputError("The network has no vocabulary, so there is no text pipeline to detect.")
    if reference is None or not reference.texts:
        raise InputError(
            "tokenizer='detect' needs a reference: texts with the outputs that another program "
            "gave them, reference=(texts, probabilities), or a CSV or JSON Lines file."
        )
    found = sequences(network, reference.texts)
    search, base = Search(network, reference, before_pass=before_pass), network.tokenizer
    longest = max(len(ids) for one in found for ids in one.ids)

    def ranked(found: Sequence[LookedUp], lengths: Iterable[int]) -> list[TextCandidate]:
        first = search.order(found)[0]
        tried = _affordable(lengths, len({one.ids[first].tobytes() for one in found}))
        always = network.length is not None
        ways = {
            one.pad_ids: paddings(base, one.pad_ids, lengths=tried, always=always) for one in found
        }
        return search.ranking(found, ways)

    best = ranked(found, {longest, *LENGTHS})
    # A length that nobody would guess: of what is near, and then of everything.
    for tried in (_near(found, best, base), found):
        if best[0].difference < ACCEPTED or base.length is not None:
            break
        best = min(best, ranked(tried, range(1, LONGEST + 1)), key=lambda one: one[0].difference)
    return best


def _near(
    found: Sequence[LookedUp], ranked: Sequence[TextCandidate], base: Tokenizer
) -> list[LookedUp]:
    """Ways to look words up of the nearest candidates, however these cut and pad."""
    plain = [
        replace(one.tokenizer, length=None, truncate=base.truncate, pad=False, pad_id=None)
        for one in ranked
    ]
    near = dict.fromkeys(n for cut in plain for n, one in enumerate(found) if cut in one.tokenizers)
    return [found[n] for n in [*near][:NEAR]]


def _affordable(lengths: Iterable[int], different: int) -> list[int]:
    """The shorter ones of lengths: so many different ids are padded to each, on both sides."""
    ascending = sorted(lengths)
    steps = np.cumsum(ascending) * 2 * different
    return ascending[: max(1, int(np.searchsorted(steps, FIRST_STEPS)))]


def _margin(ranked: Sequence[TextCandidate]) -> float:
    """How many times worse than the best the next one is."""
    if len(ranked) == 1:
        return float("inf")
    return ranked[1].difference / max(ranked[0].difference, ROUNDING)


def _ahead(margin: float) -> str:
    return f"; the next best is {margin:,.0f} times worse" if np.isfinite(margin) else ""


def _deciding(
    network: Network, best: TextCandidate, others: Sequence[Tokenizer], given: Sequence[str] = ()
) -> list[str]:
    assert network.embedding is not None
    rows = len(network.embedding.table)
    return deciding(best.tokenizer, others, best.vocabulary, rows, given=given)


def _undecided(
    network: Network, ranked: Sequence[TextCandidate], given: Sequence[str]
) -> UndecidedTextError:
    best, count = ranked[0], len(given)
    listed = "; ".join(f"({one}) {one.difference:.1e}" for one in ranked[:SHOWN])
    head = f"The text pipeline could not be detected from {count} text{'s' * (count > 1)}: "
    if not best.difference < ACCEPTED:
        return UndecidedTextError(
            f"{head}no way to read them gives outputs closer than {ACCEPTED:g}. The best are "
            f"{listed} (largest difference). Check that texts and outputs belong to these files "
            "and that outputs are written with five digits or more, or say the settings yourself: "
            "spec={'tokenizer': {'method': 'keras', 'length': 100, 'pad': 'pre', ...}}.",
            ranked[:SHOWN],
        )
    near = MARGIN * max(best.difference, ROUNDING)
    close = [one for one in ranked[1:] if one.difference < near]
    others = [one.tokenizer for one in close]
    texts = _deciding(network, best, others, given)[:3] or ["a longer text"]
    return UndecidedTextError(
        f"{head}the next best is not {MARGIN} times worse than the best. The best are {listed} "
        f"(largest difference). {' or '.join(texts).capitalize()} with its output would decide; or "
        "choose: spec={'tokenizer': {...}}.",
        ranked[:SHOWN],
        texts,
    )
