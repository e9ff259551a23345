"""What a file leaves open about a network, as questions with a best guess: the table `QUESTIONS`.

A question is open while an assumption of the network is about it (`model.assumption`). The answer
is what the spec says: pure data, for a form, the command line or a program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import permutations
from typing import Any

from lrp_engine.formats.arrays.detect import GATES
from lrp_engine.formats.companions.guesses import capitals, marks
from lrp_engine.formats.companions.rows import IMDB
from lrp_engine.formats.question import COUNT, TOKENIZER, Choice, Question, Sets
from lrp_engine.formats.torch.poolings import POOLINGS
from lrp_engine.layers.activations import ACTIVATIONS
from lrp_engine.model.assumption import about
from lrp_engine.model.network import OUTPUTS, Network
from lrp_engine.model.text import PADDING_TOKENS, UNKNOWN_TOKENS
from lrp_engine.model.text.tokenizer import DROP, ZERO


def open_questions(network: Network) -> list[Question]:
    """What a network's files leave open, in the order of `QUESTIONS`."""
    assumed = {key for text in (*network.assumptions, *network.warnings) for key in about(text)}
    if network.labels == tuple(f"class {n}" for n in range(network.classes)):
        assumed.add("labels")
    if network.vocabulary is None:
        assumed = {key for key in assumed if not key.startswith(f"{TOKENIZER}.")}
    made = [ask(network) for key, ask in QUESTIONS.items() if key in assumed]
    return [one for one in made if one is not None and len(one.choices) != 1]


def joined(specs: Iterable[Sets]) -> dict[str, Any]:
    """One spec that says what all of them say; of the text pipeline option by option."""
    whole: dict[str, Any] = {}
    for spec in specs:
        before, options = whole.get(TOKENIZER), spec.get(TOKENIZER)
        whole |= spec
        if isinstance(before, Mapping) and isinstance(options, Mapping):
            whole[TOKENIZER] = {**before, **options}
    return whole


# The table ---------------------------------------------------------------------------------------


def _text(title: str, **options: Any) -> Choice:
    return Choice(title=title, sets={TOKENIZER: options})


def _guess_first(choices: Iterable[Choice], guess: Sets) -> tuple[Choice, ...]:
    """The choices, the one that sets just that first."""
    return tuple(sorted(choices, key=lambda choice: choice.sets != guess))


_SIDES = {"pre": "In front", "post": "Behind"}


def _pad(network: Network) -> Question | None:
    tokenizer = network.tokenizer
    if tokenizer.length is None:  # asked with the length
        return None
    sides = [_text(title, pad=side) for side, title in _SIDES.items()]
    if not tokenizer.pad:
        return Question(
            key="tokenizer.pad",
            asks=f"Are texts shorter than {tokenizer.length} tokens filled up?",
            why="nothing says it, and a text that is read alone needs no padding",
            choices=(_text("Not at all", pad=False), *sides),
        )
    return Question(
        key="tokenizer.pad",
        asks=f"On which side are texts shorter than {tokenizer.length} tokens filled up?",
        why=f"the model was built for {tokenizer.length} tokens and nothing in it skips padding, "
        "which it therefore reads; Keras' pad_sequences fills up in front unless told otherwise",
        choices=_guess_first(sides, {TOKENIZER: {"pad": tokenizer.pad}}),
    )


def _truncate(network: Network) -> Question:
    tokenizer = network.tokenizer
    sides = (_text(title, truncate=side) for side, title in _SIDES.items())
    return Question(
        key="tokenizer.truncate",
        asks=f"On which side are texts longer than {tokenizer.length} tokens cut?",
        why="Keras' pad_sequences cuts in front unless told otherwise",
        choices=_guess_first(sides, {TOKENIZER: {"truncate": tokenizer.truncate}}),
    )


def _length(network: Network) -> Question | None:
    first = network.embedding
    if first is None or first.mask_zero or network.tokenizer.length is not None:
        return None
    return Question(
        key="tokenizer.length",
        asks="Are texts filled up to one length?",
        why="the file fixes no length, and a text that is read alone needs no padding",
        choices=(
            _text("No, each is read at its own length", length=None, pad=False),
            _text("Yes, behind", length=COUNT, pad="post", truncate="post"),
            _text("Yes, in front", length=COUNT, pad="pre", truncate="pre"),
        ),
    )


def _offset(network: Network) -> Question | None:
    vocabulary, embedding = network.vocabulary, network.embedding
    if vocabulary is None or embedding is None:
        return None
    words, rows = len(vocabulary), len(embedding.table)
    as_listed = _text("No: a word has the number of its place", offset=0)
    if network.tokenizer.offset == IMDB["offset"]:
        why = (
            f"the vocabulary fits the {rows:,} rows of the embedding when its words are shifted by "
            "3, as keras.datasets numbers them: 0 is padding, 1 the start, 2 an unknown word"
        )
        choices = (_text("Yes, by 3, as keras.datasets does", **IMDB), as_listed)
    elif embedding.mask_zero and vocabulary.tokens[0] not in PADDING_TOKENS:
        why = "this is how the list is numbered; but the model skips id 0 as padding"
        choices = (as_listed, _text("Yes, by 1: id 0 is padding", offset=1))
    else:
        spare = rows - words
        why = (
            f"this is how the list is numbered; but the embedding has {rows:,} rows, {spare} more "
            f"than the {words:,} words"
        )
        choices = (as_listed, _text(f"Yes, by {spare}", offset=max(spare, 1)))
    return Question(
        key="tokenizer.offset", asks="Are the numbers of words shifted?", why=why, choices=choices
    )


_KERAS = "As Keras' Tokenizer does: without punctuation, at blanks"
_METHODS = {"whitespace": "At white space", "words": "Into words and punctuation marks",
            "keras": _KERAS, "characters": "Into characters"}  # fmt: skip


def _method(network: Network) -> Question:
    method, words = network.tokenizer.method, network.vocabulary
    assert words is not None
    why = {
        "keras": "its words are numbered as Keras' Tokenizer numbers them",
        "words": f"{marks(words)} punctuation marks are words of their own in the vocabulary",
    }.get(method, "the vocabulary does not say it, and this changes least")
    choices = (_text(title, method=name) for name, title in _METHODS.items())
    return Question(
        key="tokenizer.method",
        asks="How is a text split into words?",
        why=why,
        choices=_guess_first(choices, {TOKENIZER: {"method": method}}),
    )


def _lowercase(network: Network) -> Question | None:
    assert network.vocabulary is not None
    cased, lowers = capitals(network.vocabulary), network.tokenizer.lowercase
    if not cased:  # words in capitals would all be unknown
        return None
    choices = (_text("No, as it is typed", lowercase=False), _text("Yes", lowercase=True))
    few = f"only {len(cased):,}" if lowers else f"{len(cased):,}"
    return Question(
        key="tokenizer.lowercase",
        asks="Is a text put in lower case first?",
        why=f"{few} of the {len(network.vocabulary):,} words of the vocabulary have capital "
        f"letters, as {cased[0]!r:.40}",
        choices=_guess_first(choices, {TOKENIZER: {"lowercase": lowers}}),
    )


def _unknown(network: Network) -> Question | None:
    assert network.vocabulary is not None
    if isinstance(network.tokenizer.unknown, int):  # said with the shift of the ids
        return None
    listed = [word for word in UNKNOWN_TOKENS if word in network.vocabulary.index]
    guess = network.tokenizer.unknown
    choices = [
        _text("They are left out", unknown=DROP),
        *(_text(f"They are read as “{word}”", unknown=word) for word in listed),
        _text("They are read as a vector of zeros", unknown=ZERO),
    ]
    return Question(
        key="tokenizer.unknown",
        asks="What becomes of words that the vocabulary lacks?",
        why=f"the vocabulary begins with “{guess}”, as one of a Keras Tokenizer with an oov_token"
        if guess in listed
        else "Keras' Tokenizer leaves them out unless it was given an oov_token",
        choices=_guess_first(choices, {TOKENIZER: {"unknown": guess}}),
    )


# output -> what it means, of one unit and of several.
_MEANINGS = {
    "sigmoid": ("The logit of a sigmoid: two classes", "Each by itself, a sigmoid: yes or no"),
    "softmax": ("", "The logits of a softmax: one class is right"),
    "linear": ("A number of its own, as in a regression", "Numbers of their own, no classes"),
}


def _output(network: Network) -> Question:
    units = network.shapes[network.nodes[-1].name].units
    choices = (
        Choice(title=title, sets={"output": name})
        for name in OUTPUTS
        if (title := _MEANINGS[name][units > 1])
    )
    return Question(
        key="output",
        asks="What is the single output?" if units == 1 else f"What are the {units} outputs?",
        why="the last layer is linear, which says nothing; "
        + (
            "classifiers are what is mostly saved"
            if network.has_classes
            else "in Keras a classifier mostly ends in a softmax or a sigmoid"
        ),
        choices=_guess_first(choices, {"output": network.output}),
    )


def _output_name(network: Network) -> Question:
    names = network.output_names
    choices = (Choice(title=name, sets={"output_name": name}) for name in names)
    return Question(
        key="output_name",
        asks=f"Which of the {len(names)} outputs is explained?",
        why="it is the first one of the file",
        choices=_guess_first(choices, {"output_name": network.output_name}),
    )


def _pooling(_: Network) -> Question:
    return Question(
        key="pooling",
        asks="Which of the recurrent layer's states over time are read by the next layer?",
        why="a state dict does not say it, and most programs take the final one",
        choices=tuple(
            Choice(title=one.title, sets={"pooling": name}) for name, one in POOLINGS.items()
        ),
    )


def _activation(_: Network) -> Question:
    names = ("relu", *sorted({*ACTIVATIONS} - {"relu"}))
    return Question(
        key="activation",
        asks="Which activation follows the Linear layers before the last one?",
        why="a state dict does not say it, and ReLU is the most common one",
        choices=tuple(Choice(title=name, sets={"activation": name}) for name in names),
    )


def _rnn_activation(_: Network) -> Question:
    return Question(
        key="rnn_activation",
        asks="Which activation has nn.RNN inside?",
        why="it is the one that nn.RNN has unless told otherwise",
        choices=tuple(
            Choice(title=name, sets={"rnn_activation": name}) for name in ("tanh", "relu")
        ),
    )


_KNOWN_ORDERS = {"ifgo": "Keras, PyTorch", "igfo": "Torch7, TensorFlow 1", "iofg": "ONNX"}


def _gate_order(_: Network) -> Question:
    orders = {**dict.fromkeys((GATES, *_KNOWN_ORDERS)),
              **dict.fromkeys(map("".join, permutations(GATES)))}  # fmt: skip
    return Question(
        key="gate_order",
        asks="In which order do the gates of the LSTM stand?",
        why="eight arrays do not say it, and this order is the most common one (i input gate, "
        "f forget gate, g signal, o output gate)",
        choices=tuple(
            Choice(
                title=" ".join(order) + (f" ({who})" if (who := _KNOWN_ORDERS.get(order)) else ""),
                sets={"gate_order": order},
            )
            for order in orders
        ),
    )


def _labels(network: Network) -> Question:
    return Question(
        key="labels",
        asks=f"What are the {network.classes} {network.output_kind.nouns} called?"
        if network.classes > 1
        else f"What is the {network.output_kind.noun} called?",
        why="no file names them",
    )


# Key of the spec -> the question about it; None where the network leaves no doubt.
QUESTIONS: Mapping[str, Callable[[Network], Question | None]] = {
    "output_name": _output_name,
    "tokenizer.pad": _pad,
    "tokenizer.truncate": _truncate,
    "tokenizer.length": _length,
    "tokenizer.offset": _offset,
    "tokenizer.method": _method,
    "tokenizer.lowercase": _lowercase,
    "tokenizer.unknown": _unknown,
    "output": _output,
    "pooling": _pooling,
    "activation": _activation,
    "rnn_activation": _rnn_activation,
    "gate_order": _gate_order,
    "labels": _labels,
}
