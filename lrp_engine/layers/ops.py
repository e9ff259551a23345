"""What a forward function works with: signals with their masks, and a calculus with its sinks.

Axes: B batch, T time, D units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import tensorflow as tf

    from lrp_engine.propagation.calculus import Calculus

# What can absorb relevance in a weighted sum, without and with a bias: the last axis of its sink.
ABSORBERS = {False: ("stabilizer",), True: ("bias", "stabilizer")}


class Signal(NamedTuple):
    """What flows between layers: values (B, T, D) with its masks, or values (B, D) without.

    Attributes:
        values: where the shape has 0 units, (B, T) with masks.
        mask: (B, T), the steps that layers which know masks read, as in Keras.
        real: (B, T), the steps that exist; the others only fill up the batch, at its end.
            Wherever the mask is true, this is.
        turned: its units are the time steps of another signal, see `Permute`.
        weights: a softmax over time made them: attention weights, constants for relevance.
        words: a zero (B, T, 1) whose "gradient" is what each step receives as a whole; None where
            that is asked of every unit, and behind layers that change the values of the input.
    """

    values: tf.Tensor
    mask: Any = None
    real: Any = None
    weights: bool = False
    turned: bool = False
    words: Any = None

    @property
    def scores(self) -> bool:
        """Whether these are one number per time step without a unit axis."""
        return self.mask is not None and self.values.shape.rank == 2

    def unmasked(self) -> Signal:
        """The same, its mask forgotten: every step that exists is read."""
        return self._replace(mask=self.real)


@dataclass(frozen=True)
class Ops:
    """What a forward function works with: a calculus, and a place to register watched zeros.

    A sink is a zero whose "gradient" is the relevance an operation absorbed; an initial state is an
    input like any other. Both are named after the layer that made them, as are states over time.
    """

    calculus: Calculus
    watch: Callable[[tf.Tensor], None]
    scope: tuple[str, ...] = ()
    # The mask that is true everywhere, in a trace for inputs whose every step is read.
    all_read: tf.Tensor | None = None
    sinks: dict[tuple[str, ...], tf.Tensor] = field(default_factory=dict)
    states: dict[tuple[str, ...], tf.Tensor] = field(default_factory=dict)
    over_time: bool = False  # whether states of every step are kept, and what arrives at them
    arrivals: dict[tuple[str, ...], tf.Tensor] = field(default_factory=dict)
    remembered: dict[tuple[str, ...], Signal] = field(default_factory=dict)

    def within(self, name: str, calculus: Calculus | None = None) -> Ops:
        """For a layer of this name; in another calculus, where it has one of its own."""
        return replace(
            self,
            scope=(*self.scope, name),
            calculus=self.calculus if calculus is None else calculus,
        )

    def sink(
        self, name: str, like: tf.Tensor, *, bias: bool = True, gate: bool = False
    ) -> tf.Tensor:
        """A zero for a weighted sum (with a bias, of a gate), with the leading axes of like.

        Its last axis has one unit per entry of `ABSORBERS[bias]`. It is watched where the calculus
        lets the sum absorb relevance.
        """
        import tensorflow as tf

        leading = tf.unstack(tf.shape(like))[:-1]
        zeros = tf.zeros([*leading, len(ABSORBERS[bias])], like.dtype)
        return self._watched(self.sinks, name, zeros) if self.calculus.absorbs(gate=gate) else zeros

    def initial_state(self, name: str, like: tf.Tensor, units: int) -> tf.Tensor:
        """A watched zero (B, units) with the batch axis of like."""
        import tensorflow as tf

        zeros = tf.zeros([tf.unstack(tf.shape(like))[0], units], like.dtype)
        return self._watched(self.states, name, zeros)

    def reached(self, name: str, like: Signal, units: int) -> tf.Tensor | None:
        """A watched zero (B, T, units) for what arrives at a state; None where nobody asks."""
        import tensorflow as tf

        if not self.over_time:
            return None
        shape = tf.shape(like.values)
        zeros = tf.zeros([shape[0], shape[1], units], like.values.dtype)
        return self._watched(self.arrivals, name, zeros)

    def remember(self, name: str, states: Signal) -> None:
        """Keep the states of every step."""
        self.remembered[(*self.scope, name)] = states

    def _watched(self, table: dict, name: str, value: tf.Tensor) -> tf.Tensor:
        self.watch(value)
        table[(*self.scope, name)] = value
        return value
