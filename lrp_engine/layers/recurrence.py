"""The loop over time that every recurrent layer shares: masks, direction, the backward pass.

Axes: B batch, T time, H hidden units. Time comes first here: a step reads a slice as it lies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from lrp_engine.layers.custom_gradient import custom_gradient
from lrp_engine.layers.memory import Memory

if TYPE_CHECKING:
    import tensorflow as tf

    from lrp_engine.propagation.calculus import Calculus

# (calculus, states, inputs at t, probes at t) -> new states; the first one is the output.
Step = Callable[
    ["Calculus", Sequence["tf.Tensor"], Sequence["tf.Tensor"], Sequence["tf.Tensor"]],
    Sequence["tf.Tensor"],
]


def scan(
    step: Step,
    calculus: Calculus,
    *,
    inputs: Sequence[tf.Tensor],
    probes: Sequence[tf.Tensor],
    states: Sequence[tf.Tensor],
    mask: tf.Tensor | None,
    backwards: bool,
    sequences: bool,
    reached: tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor | None]:
    """Run a step over time. The calculus decides what its backward pass means.

    Automatic differentiation of a loop stores every intermediate value of every step and takes
    time quadratic in T to gather what flows to the inputs. Here a second loop goes backward: it
    repeats each step from the stored states and pre-activations, and differentiates that step.

    Args:
        step: one time step.
        calculus: what backward means.
        inputs: tensors (T, B, n), each read at its own time step in either direction.
        probes: zeros (T, B, n) that only receive messages on the way back.
        states: initial states (B, H).
        mask: (T, B), true at real tokens; elsewhere the states stay as they are. None: true
            everywhere.
        backwards: read from the last time step to the first.
        sequences: return the output of every time step, at the step it belongs to.
        reached: zeros (T, B, H) that receive on the way back what arrives at the first state of
            every step: at the output there, and from the steps that are read later.

    Returns:
        Outputs (T, B, H) or the final output (B, H); and where `reached` is given the first state
        of every step (T, B, H), a constant for the way back.
    """
    import tensorflow as tf

    dtype = states[0].dtype
    followed = [] if reached is None else [reached]
    recorder = partial(Memory, gates=calculus.reads_gates, summands=calculus.reads_summands)

    def array(length: tf.Tensor, unit: int) -> tf.TensorArray:
        return tf.TensorArray(dtype, length, element_shape=[None, unit], clear_after_read=False)

    @custom_gradient
    def run(*tensors: tf.Tensor) -> Any:
        layout = [list(inputs), list(probes), list(states), followed]
        xs, probes_, initial, _ = tf.nest.pack_sequence_as(layout, list(tensors))
        length = tf.unstack(tf.shape(xs[0]))[0]  # two operations; a slice takes five
        full = None if mask is None else tf.reduce_all(mask, axis=1)  # (T,)

        def where_real(at: Callable, new: Sequence, old: Sequence) -> list:
            """New values where a sample has a token at this step, which most often all have."""
            if full is None:
                return list(new)

            def chosen() -> list:
                real = at(mask)[:, None]
                return [tf.where(real, *both) for both in zip(new, old, strict=True)]

            return tf.cond(at(full), lambda: list(new), chosen)

        first = _at(tf.constant(0))
        zeros = [tf.zeros_like(first(probe)) for probe in probes_]
        widths = []
        if not calculus.forward_only:
            # A dry run of one sample shows what a step remembers and how wide it is. A trace of
            # it, never computed, would make the whole trace an eighth longer.
            with tf.init_scope():
                trial = recorder()
                states_, now, apart = (
                    [tf.zeros([1, one.shape[-1]], dtype) for one in many]
                    for many in (initial, xs, probes_)
                )
                step(calculus.with_memory(trial), states_, now, apart)
                widths = [value.shape[-1] for value in trial.values]
        stored = len(initial) if not calculus.forward_only else int(sequences)

        def forward(n: tf.Tensor, states: Sequence, before: Sequence, known: Sequence) -> tuple:
            at = length - 1 - n if backwards else n
            memory = recorder()
            here = _at(at)
            new = step(calculus.with_memory(memory), states, [here(x) for x in xs], zeros)
            before = [a.write(at, s) for a, s in zip(before, states, strict=False)]
            known = [a.write(at, z) for a, z in zip(known, memory.values, strict=False)]
            return n + 1, where_real(here, new, states), before, known

        _, final, before, known = tf.while_loop(
            lambda n, *_: n < length,
            forward,
            (
                0,
                list(initial),
                [array(length, state.shape[-1]) for state in initial[:stored]],
                [array(length, width) for width in widths],
            ),
        )

        def back_step(at: tf.Tensor, here: Callable, messages: Sequence) -> list:
            """What arrives at a step's inputs, probes and states; None where nothing can."""
            then, now = [a.read(at) for a in before], [here(x) for x in xs]
            watched = [*now, *zeros, *then]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(watched)
                memory = recorder([a.read(at) for a in known])
                new = step(calculus.active().with_memory(memory), then, now, zeros)
            return tape.gradient(new, watched, messages)

        def backward(R: tf.Tensor, *_: tf.Tensor) -> Any:
            start = [tf.zeros_like(state) for state in final]
            sources = [*xs, *probes_]
            arrives: list[bool] = []  # whether anything does; known once the body is traced

            def back(n: tf.Tensor, messages: Sequence, writes: Sequence, ways: Sequence) -> tuple:
                at = n if backwards else length - 1 - n
                here = _at(at)
                if sequences:
                    messages = [messages[0] + here(R), *messages[1:]]
                ways = [a.write(at, messages[0]) for a in ways]
                arrived = back_step(at, here, messages)
                sides = [side for side in arrived[: len(sources)] if side is not None]
                arrives[:] = [side is not None for side in arrived[: len(sources)]]
                # A step without a token passes messages on unchanged.
                passing = [*messages, *(0 for _ in sides)]
                arrived = where_real(here, [*arrived[len(sources) :], *sides], passing)
                messages, side = arrived[: len(messages)], iter(arrived[len(messages) :])
                writes = [
                    a.write(at, next(side)) if there else a
                    for a, there in zip(writes, arrives, strict=True)
                ]
                return n + 1, messages, writes, ways

            _, messages, writes, ways = tf.while_loop(
                lambda n, *_: n < length,
                back,
                (
                    0,
                    start if sequences else [R, *start[1:]],
                    [array(length, source.shape[-1]) for source in sources],
                    [array(length, one.shape[-1]) for one in followed],
                ),
            )
            sides = [a.stack() if there else None for a, there in zip(writes, arrives, strict=True)]
            return *sides, *messages, *(a.stack() for a in ways)

        if not sequences and not followed:
            return final[0], backward
        # Output at t is the state that stands before the next step read, or the final one.
        outputs, last = before[0].stack(), final[0][None]
        ordered = [last, outputs[:-1]] if backwards else [outputs[1:], last]
        over_time = tf.concat(ordered, axis=0)
        if not followed:
            return over_time, backward
        return (over_time if sequences else final[0], tf.identity(over_time)), backward

    found = run(*inputs, *probes, *states, *followed)
    return (found, None) if reached is None else found


def _at(step: tf.Tensor) -> Callable[[tf.Tensor], tf.Tensor]:
    """Reads tensors at one time step; `tensor[step]` would compute the bounds for each anew."""
    import tensorflow as tf

    begin = tf.reshape(step, [1])
    bounds = {"begin": begin, "end": begin + 1}
    return lambda tensor: tf.raw_ops.StridedSlice(
        input=tensor, **bounds, strides=[1], shrink_axis_mask=1
    )


def columns(tensor: tf.Tensor, count: int) -> list[tf.Tensor]:
    """(B, count H) as `count` tensors (B, H); TensorFlow slices twice as fast as it splits."""
    import tensorflow as tf

    units = tensor.shape[-1] // count

    @custom_gradient
    def operation(tensor: tf.Tensor) -> Any:
        blocks = [tensor[:, n * units : (n + 1) * units] for n in range(count)]
        return blocks, lambda *messages: tf.concat(messages, axis=1)

    return operation(tensor)


def swap_time(tensor: Any) -> Any:
    """(B, T, ...) to (T, B, ...), and back; None stays None."""
    import tensorflow as tf

    if tensor is None:
        return None
    return tf.transpose(tensor, [1, 0, *range(2, tensor.shape.rank)])
