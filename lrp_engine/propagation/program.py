"""The TensorFlow program of a network: one trace per calculus, for any batch and any length.

Axes: B batch, T time, E input units, C classes.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from lrp_engine import device
from lrp_engine.errors import InputError
from lrp_engine.layers import Ops, map_arrays
from lrp_engine.model.samples import EXPLAINED, MASKED
from lrp_engine.propagation.backward import Backward
from lrp_engine.propagation.calculi import CALCULI
from lrp_engine.propagation.forward import forward
from lrp_engine.propagation.gradient import Gradient
from lrp_engine.propagation.multi_backward import MultiBackward
from lrp_engine.propagation.passes import Passes
from lrp_engine.propagation.room import ROOM
from lrp_engine.propagation.rows import filled, joined
from lrp_engine.propagation.rules import DEFAULT_RULE, Rule, TraceKey
from lrp_engine.propagation.signals import existing, kinds_of_words
from lrp_engine.propagation.traces import trace

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

# dnnl_out_of_memory, as TensorFlow words it.
ONEDNN_MEMORY = "Operation received an exception:Status: 1,"
# Time steps from which on a trace costs less than the dozen passes of a proof, operation by
# operation: in a trace a step of a loop takes 0.05 ms, without one 2 ms and more. Its own probes
# are not longer, unless the model is built for longer ones.
LONG = 50
WORDS_WHOLE = "words"  # what words receive as a whole, among what arrives


class Program:
    """Forward and backward passes of one network, traced once each.

    The trace serves every batch size, length, rule parameter and target; weights are inputs of the
    trace, not constants in it. Where a network has loops over time there are two: one for inputs
    whose every step is read, as of a single text, which masks nothing.

    Args:
        traced: False runs operation by operation, which is slower but costs no trace: for a few
            passes of a network that is not kept. Where there are more than `LONG` steps it is
            traced all the same.
        seconds: no pass begins later than so many seconds from now.

    Raises:
        InputError: the network's device is not there, or cannot compile such networks.
        CostError: its weights alone take more than passes may.
    """

    def __init__(self, network: Network, *, traced: bool = True, seconds: float = math.inf) -> None:
        device.prepare()
        device.require(network.device)
        self.compiled = device.compiles(network.device)
        if network.device and self.compiled and network.several:
            raise InputError(
                f"XLA compiles networks of one input, and this one has {len(network.inputs)}; "
                f"compute on {device.uncompiled(network.device)!r}."
            )
        self.room = Passes(network, seconds=seconds)
        self.network, self.traced = network, traced
        self.dtype = tf.as_dtype(network.dtype)
        with self._running():
            self.nodes = [
                node
                if node.layer.reads_ids  # rows are looked up before the trace
                else replace(node, layer=map_arrays(node.layer, tf.constant))
                for node in network.nodes
            ]
        self._forward_passes: dict[tuple[bool, bool, bool], Any] = {}
        self._passes: dict[tuple[Any, ...], Any] = {}

    def scores(self, x: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Scores (B, C) of what `Samples.padded` returns; of the step `EXPLAINED` there, where
        each step has its own."""
        return self._predicted(x, steps, whole=False)

    def step_scores(self, x: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Scores (B, T, C) of every time step, of a network that labels steps."""
        return self._predicted(x, steps, whole=True)

    def _predicted(self, x: np.ndarray, steps: np.ndarray, *, whole: bool) -> np.ndarray:
        parts, key = [], (whole, self._all_read(steps), self._is_traced(x, steps))
        for piece, nbytes in self.room.pieces(x, steps):
            with ROOM.taken(nbytes), self._running():
                if key not in self._forward_passes:
                    self._forward_passes[key] = self._trace_scores(*key)
                rows = filled(x[piece], steps[piece], compiled=self.compiled)
                scores = self._forward_passes[key](*map(tf.constant, rows))
                parts.append(scores.numpy()[: len(x[piece])])
        return parts[0] if len(parts) == 1 else joined(*parts)

    def backward(
        self,
        calculi: Sequence[str],
        x: np.ndarray,
        steps: np.ndarray,
        selection: np.ndarray | None,
        rule: Rule,
        *,
        units: bool = True,
        layers: bool = False,
        over_time: bool = False,
    ) -> dict[str, Backward]:
        """A backward pass per calculus after one forward pass.

        Args:
            selection: None explains the predicted class.
            units: False where the sum over the units of a word is all that is needed: the calculi
                that can then bring messages (B, T, 1), for less, unless anything else is asked for.
            layers: also at every node's output, and what that is.
            over_time: the same of recurrent layers' states, step by step.

        Raises:
            InputError: the rule names layers that the network does not have.
        """
        rules = rule.by_node(self.network.nodes)
        if not any(CALCULI[name].follows_rule for name in calculi):
            rules = (DEFAULT_RULE,)  # whatever the rule, the same program
        if len(set(rules)) == 1:
            rules = rules[:1]  # all layers share one
        key = (
            tuple(calculi),
            tuple(one.trace_key for one in rules),
            (layers, over_time),
            not (units or layers or over_time) and self._has_words,
            self._all_read(steps),
            self._is_traced(x, steps),
        )
        predicted = selection is None
        chosen = np.zeros((len(x), self.network.classes)) if selection is None else selection
        chosen = chosen.astype(self.network.dtype, copy=False)
        parts = []
        for piece, nbytes in self.room.pieces(
            x,
            steps,
            backward=len(calculi),
            layers=layers,
            over_time=over_time,
            by_sign=any(k.sum_rule for k in key[1]),
        ):
            with ROOM.taken(nbytes), self._running():
                if key not in self._passes:
                    self._passes[key] = self._trace(*key)
                rows = filled(x[piece], steps[piece], chosen[piece], compiled=self.compiled)
                results = self._passes[key](
                    *map(tf.constant, rows),
                    tf.constant(predicted),
                    tf.constant([number for one in rules for number in one.parameters], self.dtype),
                )
                # The tensors' own memory, which nobody can write to: `numpy()` would copy it.
                given = slice(len(x[piece]))
                parts.append(
                    tf.nest.map_structure(lambda one, n=given: np.asarray(one)[n], results)
                )
        arrays = parts[0] if len(parts) == 1 else tf.nest.map_structure(joined, *parts)
        return {name: Backward(**parts) for name, parts in arrays.items()}

    def traces(self) -> int:
        """How many traces were made so far: of a pass one, or one with masks and one without,
        whatever the shapes."""
        return sum(traced for *_, traced in (*self._forward_passes, *self._passes))

    def _all_read(self, steps: np.ndarray) -> bool:
        """Whether that makes a difference, and every step is read.

        XLA makes the same of both.
        """
        return self._loops and not self.compiled and bool((steps % EXPLAINED > MASKED).all())

    def _is_traced(self, x: np.ndarray, steps: np.ndarray) -> bool:
        return self.traced or self.compiled or self.room.longest(x, steps) > LONG

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        """On the network's device; TensorFlow's failures become ours."""
        try:
            with device.placed(self.network.device):
                yield
        except tf.errors.OpError as error:
            if isinstance(error, tf.errors.ResourceExhaustedError) or ONEDNN_MEMORY in str(error):
                raise MemoryError(
                    "TensorFlow found no memory for a pass; give fewer or shorter texts at a time."
                ) from None
            if self.network.device is None:
                raise
            raise InputError(
                f"Device {self.network.device!r} cannot compute this network: "
                f"{str(error.message).splitlines()[0]:.300} Compute on 'cpu'."
            ) from error

    def _on_device(self, run: Callable) -> Callable:
        """The same function, its operations bound to the network's device.

        Where a function runs does not bind them: those that a GPU cannot do would go elsewhere.
        """

        def bound(*arguments: tf.Tensor) -> Any:
            with device.placed(self.network.device):
                return run(*arguments)

        return bound

    @property
    def _loops(self) -> bool:
        """Whether a loop over time reads the one input."""
        return not self.network.several and any(n.layer.states_over_time for n in self.nodes)

    @property
    def _has_words(self) -> bool:
        return not self.network.several and self.network.input_shape.time

    @property
    def _signature(self) -> list[tf.TensorSpec]:
        x: list[int | None] = [None, None]
        if not self.network.several:
            shape = self.network.input_shape
            x = [None, None, shape.units] if shape.time else [None, shape.units]
        return [tf.TensorSpec(x, self.dtype), tf.TensorSpec([None, None], tf.int8)]

    def _trace_scores(self, whole: bool, all_read: bool, traced: bool) -> Any:
        """The forward pass; `whole`: with the scores of every step, where each has its own."""

        @self._on_device
        def run(x: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
            ops = Ops(Gradient(forward_only=True), lambda _: None)
            scores = forward(self.network, self.nodes, ops, x, steps, all_read=all_read)[0]
            return scores if whole else self._explained(scores, steps)

        return trace(run, self._signature, compiled=self.compiled) if traced else run

    def _explained(self, scores: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
        """Scores (B, C): of the step explained, where each step has its own."""
        if not self.network.labels_steps:
            return scores
        here = (kinds_of_words(self.network, steps) >= EXPLAINED)[:, :, None]
        return tf.reduce_sum(tf.where(here, scores, tf.zeros_like(scores)), axis=1)

    def _trace(
        self,
        calculi: tuple[str, ...],
        trace_keys: tuple[TraceKey, ...],
        kept: tuple[bool, bool],
        words_only: bool,
        all_read: bool,
        traced: bool,
    ) -> Any:
        """The passes, for a rule that all nodes share or for one of each node."""
        classes, (layers, over_time) = self.network.classes, kept

        @self._on_device
        def run(
            x: tf.Tensor,
            steps: tf.Tensor,
            selection: tf.Tensor,
            predicted: tf.Tensor,
            parameters: tf.Tensor,
        ) -> dict:
            numbers = tf.split(parameters, [key.parameters for key in trace_keys])
            modes = [
                tuple(CALCULI[name].make(parameters, key) for name in calculi)
                for parameters, key in zip(numbers, trace_keys, strict=True)
            ]
            together = MultiBackward(modes=modes[0])
            # One meaning alone needs no switch between several.
            made = [one[0] if len(one) == 1 else replace(together, modes=one) for one in modes]
            calculus, by_node = made[0], made if made[1:] else None
            with tf.GradientTape(watch_accessed_variables=False, persistent=True) as tape:
                words = tf.zeros_like(x[..., :1]) if words_only else None
                tape.watch([x] if words is None else [x, words])
                ops = Ops(calculus, tape.watch, over_time=over_time)
                scores, outputs = forward(
                    self.network, self.nodes, ops, x, steps, by_node, words, all_read=all_read
                )
                scores = self._explained(scores, steps)
            seen = {**(outputs if layers else {}), **ops.remembered}
            values = {key: existing(signal.values, signal) for key, signal in seen.items()}
            best = tf.one_hot(tf.argmax(scores, axis=1), classes, dtype=self.dtype)
            selection = tf.where(predicted, best, selection)
            results = {}
            for position, (name, mode) in enumerate(zip(calculi, modes[0], strict=True)):
                absorbs = mode.absorbs(gate=False)
                watched = {
                    "message": x,
                    "sinks": ops.sinks if absorbs else {},
                    "states": ops.states if absorbs else {},
                    "layers": {
                        **({key: one.values for key, one in outputs.items()} if layers else {}),
                        **ops.arrivals,
                    },
                }
                together.activate(position)
                sources = watched if words is None else {**watched, WORDS_WHOLE: words}
                found = tape.gradient(scores, sources, mode.start(scores, selection))
                to_words = found.pop(WORDS_WHOLE, None)
                if to_words is not None:
                    found["message"] = _with_units_summed(to_words, found["message"])
                messages = tf.nest.map_structure(_or_zeros, found, watched)
                arrived = messages["layers"]
                for key in ops.arrivals:  # a state outlives the text it was made of
                    arrived[key] = existing(arrived[key], seen[key])
                results[name] = {
                    "scores": scores, "selection": selection, "values": values, **messages
                }  # fmt: skip
            return results

        if not traced:
            return run
        return trace(
            run,
            [
                *self._signature,
                tf.TensorSpec([None, classes], self.dtype),
                tf.TensorSpec([], tf.bool),
                tf.TensorSpec([None], self.dtype),
            ],
            compiled=self.compiled,
        )


def program_of(network: Network) -> Program:
    """The network's program: made at the first call, then kept with the network."""
    if "program" not in network.compiled:
        network.compiled["program"] = Program(network)
    program: Program = network.compiled["program"]
    return program


def _with_units_summed(to_words: tf.Tensor, to_units: tf.Tensor | None) -> tf.Tensor:
    """What words receive (B, T, 1): as a whole, and by their units (B, T, E)."""
    if to_units is None:
        return to_words
    return to_words + tf.reduce_sum(to_units, axis=-1, keepdims=True)


def _or_zeros(message: tf.Tensor | None, watched: tf.Tensor) -> tf.Tensor:
    return tf.zeros_like(watched) if message is None else message
