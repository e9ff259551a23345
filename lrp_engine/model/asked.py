"""What a network can be asked: to predict, and to explain what it predicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine import lazy
from lrp_engine.model.outputs import HasOutput

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.attribution.explanations import Explanations
    from lrp_engine.attribution.work import Cancel, PassCount
    from lrp_engine.propagation.rules import Rule

# Of the samples (B,); of several inputs by their names.
Lengths = Sequence[int] | np.ndarray | Mapping[str, Sequence[int] | np.ndarray] | None


class Asked(HasOutput):
    """The questions; the answers are computed by what is built on networks."""

    def predict(self, inputs: Any, *, lengths: Lengths = None) -> np.ndarray:
        """Scores (B, C): logits, before softmax or sigmoid; or values. Inputs as in `explain`.

        Of a network that labels every word or step (B, T, C), T of the longest, 0 behind shorter
        ones.

        Raises:
            InputError: as of `explain`.
        """
        scores: np.ndarray = lazy.load("attribution.explain:predict")(self, inputs, lengths=lengths)
        return scores

    def probabilities(self, inputs: Any, *, lengths: Lengths = None) -> np.ndarray:
        """Class probabilities (B, C), or (B, T, C): softmax over classes, or a sigmoid per class.

        Raises:
            InputError: as `explain`; or the network has values and no classes.
        """
        self.require_classes("probabilities")
        return self.to_output(self.predict(inputs, lengths=lengths))

    def explain(
        self,
        inputs: Any,
        method: str = "lrp",
        target: Any = None,
        rule: Rule | None = None,
        *,
        method_options: Mapping[str, Any] | None = None,
        lengths: Lengths = None,
        layers: bool | str | Sequence[str] | None = None,
        hold: str | Sequence[str] = (),
        position: int | Sequence[int] | np.ndarray | None = None,
        units: bool = True,
        progress: Callable[[int, int], object] | None = None,
        cancel: Cancel | None = None,
    ) -> Explanation:
        """Why the network scores these inputs as it does.

        Args:
            inputs: a list of texts, a list of token lists, an integer array (B, T) of vocabulary
                ids, a float array (B, T, E) of vectors; for a network without a time axis a float
                array (B, D) of features. A single text counts as a list of one. Of a network that
                has several inputs (`Network.inputs`) a mapping with one of these for each, by name.
            method: a name in `lrp_engine.METHODS`, which says of each what it means and costs.
            target: None for the predicted class, or the first value; a class or value (number or
                label); one per sample (list or array); or a pair (tuple) `(a, b)`: score of a
                minus score of b.
            rule: how weighted sums hand relevance back, `Epsilon()` where None; used by methods
                that state `uses_rule`.
            method_options: numbers and names by the method's own `options`; defaults where left
                out.
            lengths: real time steps (B,) of an array input; all of them where None. Of several
                inputs a mapping by their names.
            hold: names of inputs that are constants, of a network that has several: what they
                receive is in the ledger, as held fixed, and nothing of them is left out.
            layers: also keep the output of these layers, by name (True: of all), in
                `Explanation.layer_values`, and the relevance there in `Explanation.layers`; only by
                methods that go back through the layers. "lstm/h", or "bilstm/forward/h" of two,
                keeps the hidden states of every time step (B, T, H), whatever the layer hands on.
            position: of a network that labels every word or step: whose label is explained, as in
                `Explanation.tokens`; one, or one per sample. None: the first word's.
            units: False for the numbers of words alone, which cost less: `relevance` is then None.
            progress: called with (passes done, passes at most) after each batch of those that
                methods ask for besides the shared ones, see `count_passes`.
            cancel: looked at before each batch of passes, for example a `threading.Event`.

        Returns:
            An `Explanation` of B samples, in the order of the inputs. Its arrays are padded to
            the longest: for many texts of very different lengths use `explain_stream`.

        Raises:
            InputError: an input, a target or an option does not fit; the text lists what does.
            CancelledError: `cancel` was set.
        """
        explanations = self.explain_all(
            inputs,
            methods=[method],
            target=target,
            rule=rule,
            method_options=None if method_options is None else {method: method_options},
            lengths=lengths,
            layers=layers,
            hold=hold,
            position=position,
            units=units,
            progress=progress,
            cancel=cancel,
        )
        return explanations[method]

    def explain_all(
        self,
        inputs: Any,
        *,
        methods: Sequence[str] | None = None,
        target: Any = None,
        rule: Rule | None = None,
        method_options: Mapping[str, Mapping[str, Any] | None] | None = None,
        lengths: Lengths = None,
        layers: bool | str | Sequence[str] | None = None,
        hold: str | Sequence[str] = (),
        position: int | Sequence[int] | np.ndarray | None = None,
        units: bool = True,
        progress: Callable[[int, int], object] | None = None,
        cancel: Cancel | None = None,
    ) -> Explanations:
        """`explain` by several methods at once, which share one forward pass.

        Args:
            methods: names in `lrp_engine.METHODS`; None: those that are `live`.
            method_options: method name -> its options.
        """
        explain = lazy.load("attribution.explain:explain")
        explanations: Explanations = explain(
            self,
            inputs,
            methods=methods,
            target=target,
            rule=rule,
            method_options=method_options,
            lengths=lengths,
            layers=layers,
            hold=hold,
            position=position,
            units=units,
            progress=progress,
            cancel=cancel,
        )
        return explanations

    def count_passes(
        self,
        inputs: Any,
        *,
        methods: Sequence[str] | None = None,
        method_options: Mapping[str, Mapping[str, Any] | None] | None = None,
        lengths: Lengths = None,
    ) -> PassCount:
        """How many passes `explain_all` would make at most, besides those that methods share.

        Nothing is computed.

        Raises:
            InputError: as `explain_all`.
        """
        count: PassCount = lazy.load("attribution.explain:count_passes")(
            self, inputs, methods=methods, method_options=method_options, lengths=lengths
        )
        return count

    def explain_stream(
        self, texts: Iterable[str | Sequence[str]], **options: Any
    ) -> Iterator[Explanation]:
        """One Explanation per text, lazily and in bounded memory: `explain_stream`."""
        stream: Iterator[Explanation] = lazy.load("attribution.stream:explain_stream")(
            self, texts, **options
        )
        return stream
