"""Explain any number of texts, one after the other, in bounded memory.

Texts are read ahead in windows; within a window, texts of similar length share a pass.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.attribution.methods import DEFAULT_METHOD, method_named, options_of
from lrp_engine.attribution.positions import require_position
from lrp_engine.attribution.targets import one_for_all, resolve
from lrp_engine.attribution.work import Cancel, require_callbacks
from lrp_engine.errors import CancelledError, CostError, InputError, RowsError
from lrp_engine.model import inputs as samples_of
from lrp_engine.model.chunks import CHUNK_TOKENS
from lrp_engine.model.many import require_many, words_of_text
from lrp_engine.model.network import Network, require_network
from lrp_engine.option import whole_number
from lrp_engine.propagation.rules import DEFAULT_RULE, Rule, checked

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.attribution.explanations import Explanations

# So many texts of a sentence fill their passes as well as any number.
WINDOW = 4096
# A window of long texts is closed early: what bounds its memory is its words.
WINDOW_TOKENS = 8 * CHUNK_TOKENS


def explain_stream(
    network: Network,
    texts: Iterable[str | Sequence[str]],
    *,
    method: str = DEFAULT_METHOD,
    target: Any = None,
    rule: Rule = DEFAULT_RULE,
    method_options: Mapping[str, Any] | None = None,
    position: int | None = None,
    units: bool = False,
    window: int = WINDOW,
    progress: Callable[[int], object] | None = None,
    cancel: Cancel | None = None,
) -> Iterator[Explanation]:
    """One Explanation (B = 1) per text, in the order of the texts.

    The numbers are those of explaining each text alone, up to rounding: texts of similar length
    are computed together.

    Args:
        texts: texts or token lists; read lazily, at most `window` ahead of what was yielded.
        method: a name in `METHODS`.
        target: None for the predicted class; a class (number or label); or a pair `(a, b)`.
        rule, method_options, position: as in `Network.explain`; one position for all texts.
        units: True for the numbers of every unit, too, in `Explanation.relevance`, which cost more.
        window: texts read ahead, 1 or more; fewer where the texts are long.
        progress: called with the number of texts explained so far, after each pass.
        cancel: looked at before each pass and each result; once set, the iterator ends.

    Raises:
        InputError: at once, an option does not fit; while iterating, an item is no text, named by
            its position, or its numbers overflow, after everything before it was yielded.
    """
    require_network(network)
    options = None if method_options is None else {method: method_options}
    options_of([method_named(method)], options)
    require_many(texts)
    window = whole_number("window", window)
    target = one_for_all(target)
    require_callbacks(progress, cancel)
    require_words(network)
    resolve(network, target, 1)
    require_position(network, position)
    rule = checked(rule, network.nodes)

    def run() -> Iterator[Explanation]:
        done = 0
        for words, problem in _windows(network, texts, window):
            results: dict[int, Explanation | InputError] = {}
            for chunk, result in in_batches(
                network, words, methods=[method], target=target, rule=rule, method_options=options,
                position=position, units=units, cancel=cancel,
            ):  # fmt: skip
                for at, n in enumerate(chunk.tolist()):
                    results[n] = result if isinstance(result, InputError) else result[method][at]
                if progress is not None:
                    progress(done + len(results))
            for n in range(len(words)):
                if cancel is not None and cancel.is_set():
                    return
                one = results.pop(n)
                if isinstance(one, InputError):
                    raise InputError(f"Text {done + n} cannot be explained. {one}")
                yield one
            done += len(words)
            if problem is not None:
                raise problem

    return run()


def require_words(network: Network) -> None:
    """Stop where a network cannot read texts.

    Raises:
        InputError: it has no vocabulary, or several inputs; the text says what it takes instead.
    """
    network.require_one_input()
    samples_of.read(network, [["word"]])


def in_batches(
    network: Network,
    inputs: Sequence[Sequence[str]] | np.ndarray,
    *,
    methods: Sequence[str],
    target: Any,
    rule: Rule,
    method_options: Mapping[str, Mapping[str, Any] | None] | None = None,
    lengths: np.ndarray | None = None,
    position: int | None = None,
    units: bool = False,
    cancel: Cancel | None = None,
) -> Iterator[tuple[np.ndarray, Explanations | InputError]]:
    """Positions (b,) of inputs of similar length, and their explanations by method.

    Every input comes once; those that cost too much or overflow come with the reason instead. The
    batches depend on nothing but the inputs, so that the same ones give the same bits; only where
    memory or the room for passes runs out is a batch done in halves. Once cancelled, it ends.

    Args:
        inputs: token lists, or an array as `explain` takes it; lengths: (B,) of such an array.
        target: as in `Network.explain`; an array holds one for each input.
        units: whether units have numbers, not words alone.

    Raises:
        InputError: there is no memory for one input alone.
    """
    if not len(inputs):
        return
    samples = samples_of.read(network, inputs, lengths)
    waiting = deque(samples.chunks())
    while waiting:
        if cancel is not None and cancel.is_set():
            return
        chunk = waiting.popleft()
        try:
            explanations = network.explain_all(
                samples.some(chunk.tolist()),
                methods=methods, rule=rule, method_options=method_options,
                target=target[chunk] if isinstance(target, np.ndarray) else target,
                position=position, units=units, cancel=cancel,
            )  # fmt: skip
        except CancelledError:
            return
        except RowsError as problem:
            bad = np.isin(np.arange(len(chunk)), problem.rows)
            yield chunk[bad], InputError(problem.reason)
            if not bad.all():
                waiting.appendleft(chunk[~bad])
            continue
        except CostError as problem:
            if len(chunk) == 1:
                yield chunk, InputError(str(problem))
            else:  # the longest one may be the only one that is too long
                waiting.extendleft(reversed(np.array_split(chunk, 2)))
            continue
        except MemoryError:
            if len(chunk) == 1:
                raise InputError(
                    f"There is not enough memory to explain a text of {len(inputs[chunk[0]]):,} "
                    f"{samples.token_kind}s. Give shorter texts (for a corpus: a lower "
                    "--max-tokens), or run fewer processes beside it (--workers)."
                ) from None
            waiting.extendleft(reversed(np.array_split(chunk, 2)))
            continue
        yield chunk, explanations


def _windows(
    network: Network, texts: Iterable[Any], window: int
) -> Iterator[tuple[list[Sequence[str]], InputError | None]]:
    """Token lists, a window at a time; a bad item ends them and comes along as an error."""
    words: list[Sequence[str]] = []
    tokens = 0
    for position, text in enumerate(texts):
        try:
            words.append(words_of_text(network, text, position))
        except InputError as problem:
            yield words, problem
            return
        tokens += len(words[-1])
        if len(words) == window or tokens >= WINDOW_TOKENS:
            yield words, None
            words, tokens = [], 0
    if words:
        yield words, None
