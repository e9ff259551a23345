"""What a state dict did not say and the caller did not either, as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from lrp_engine.formats.plain import about_output
from lrp_engine.formats.torch.attention import Attention
from lrp_engine.formats.torch.chain import Item, Pool, SideBySide, flat, hidden, last_recurrent
from lrp_engine.formats.torch.layers import EPSILON
from lrp_engine.formats.torch.options import Options
from lrp_engine.formats.torch.poolings import LAST
from lrp_engine.formats.torch.recurrent import blocks
from lrp_engine.model.assumption import Assumption


def assumptions(
    items: Sequence[Item], options: Options, output: str | None, left_out: Sequence[str]
) -> list[str]:
    modules = [*flat(items)]
    recurrent = last_recurrent(items)
    sentences: list[str] = []
    if left_out:
        names = ", ".join(f"'{name[:60]}'" for name in left_out[:6])
        more = f" and {len(left_out) - 6} more" if len(left_out) > 6 else ""
        sentences.append(f"Left out, since a prediction does not read them: {names}{more}.")
    if options.order is None and len(modules) > 1:
        sentences.append(f"The layers run in this order: {', '.join(m.name for m in modules)}.")
    if any(isinstance(item, SideBySide) for item in items) and options.order is None:
        side = next(item for item in items if isinstance(item, SideBySide))
        names = ", ".join(module.name for module in side.modules)
        sentences.append(f"{names} read the same, side by side.")
    attention = next((item for item in items if isinstance(item, Attention)), None)
    if attention is not None and attention.weights and attention.options.layers is None:
        names = ", ".join(weight.names[0] for weight in attention.weights)
        sentences.append(f"The attention's weights act in this order: {names}.")
    linear = [module.name for module in hidden(items)]
    said = options.order is not None and any(name in (options.order or ()) for name in _acts(items))
    if linear and options.activation is None and not said:
        told = f"{', '.join(linear)}: the activation after it is ReLU."
        sentences.append(Assumption(told, "activation"))
    sentences += _about_convs(items, options)
    kinds = {module.kind for module in modules}
    if kinds & {"batch_norm", "layer_norm"} and options.epsilon is None:
        told = f"Normalization layers add {EPSILON:g} to the variance (epsilon)."
        sentences.append(Assumption(told, "epsilon"))
    alone = recurrent is None and "conv" not in kinds
    if (
        alone
        and options.pooling is None
        and options.order is None
        and any(isinstance(item, Pool) for item in items)
    ):
        told = "After the embedding the average over time goes on, as of nn.EmbeddingBag."
        sentences.append(Assumption(told, "pooling"))
    if recurrent is not None:
        pooled = [item for item in items if isinstance(item, Pool)]
        in_order = options.order is not None and LAST in options.order
        if options.pooling is None and any(LAST in p.names for p in pooled) and not in_order:
            both = (
                " of both directions, side by side (forward after the last token, backward after "
                "the first)"
                if recurrent.directions == 2 and options.directions in (None, "concat")
                else ""
            )
            told = f"{recurrent.name}: what goes on is the final hidden state{both}."
            sentences.append(Assumption(told, "pooling"))
        cells = [module for module in modules if module.kind == "recurrent"]
        if options.rnn_activation is None and any(blocks(module) == 1 for module in cells):
            told = "nn.RNN: the activation inside is tanh."
            sentences.append(Assumption(told, "rnn_activation"))
        if any(module.cell for module in cells):
            names = ", ".join(module.name for module in cells if module.cell)
            sentences.append(f"{names}: the cell runs from the first word to the last.")
        if options.cell is not None and options.cell.kind == "gru" and options.cell.update is None:
            sentences.append("The cell's update gate z keeps the state: h = z h + (1 - z) n.")
        told = (
            "Every text is read without padding, as with pack_padded_sequence; h_0 and c_0 are "
            "zero."
        )
        sentences.append(Assumption(told, "tokenizer.length", "tokenizer.pad"))
    if output is None:
        sentences.append(about_output(modules[-1].outputs))
    return sentences


def _acts(items: Sequence[Item]) -> list[str]:
    return [item.name for item in items if hasattr(item, "name") and not hasattr(item, "kind")]


def _about_convs(items: Sequence[Item], options: Options) -> list[str]:
    if not any(module.kind == "conv" for module in flat(items)):
        return []
    sentences: list[str] = []
    if options.conv is None:
        told = "nn.Conv1d: padding 0, stride 1, dilation 1, and ReLU as the activation after it."
        sentences.append(Assumption(told, "conv"))
    pooled = [item for item in items if isinstance(item, Pool)]
    named = options.order is not None and "max" in options.order
    if last_recurrent(items) is None and options.pooling is None and pooled and not named:
        sentences.append("After the convolutions the maximum over time goes on.")
    return sentences
