"""The vocabulary as it was given, and what its file says of the text pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lrp_engine.errors import InputError, LensError
from lrp_engine.formats.companions.files import read_text
from lrp_engine.formats.companions.guesses import about_cuts, guessed_cuts
from lrp_engine.formats.companions.keras_tokenizer import keras_options
from lrp_engine.formats.companions.rows import fit_rows
from lrp_engine.formats.companions.subwords import (
    Subwords,
    read_pieces,
    read_tokenizer_json,
    sound,
)
from lrp_engine.formats.companions.vocabulary import parse_words
from lrp_engine.formats.companions.vocabulary_values import Words, words_inside, words_of
from lrp_engine.formats.input_file import is_path_or_bytes
from lrp_engine.formats.plain import words_by_id
from lrp_engine.layers import Embedding
from lrp_engine.model.assumption import Assumption
from lrp_engine.model.layer import Layer
from lrp_engine.model.text import Tokenizer, Vocabulary
from lrp_engine.model.text.tokenizer import DROP
from lrp_engine.model.text.vocabulary import UNKNOWN_TOKENS

_USUAL = Tokenizer()
# Of TextVectorization: how its vocabulary begins, and what it does unless told otherwise.
_FIRST = ("", "[UNK]")
_VECTORIZED = {
    "method": "ascii_whitespace",
    "lowercase": False,
    "standardize": "lower_and_strip_punctuation",
}


@dataclass(frozen=True, kw_only=True)
class GivenWords:
    """A vocabulary that a caller gave; nothing where none was.

    Attributes:
        word_index: whether its ids were given from 1 on, see `fit_rows`.
        options: of the text pipeline, which its file says.
        guessed: of the text pipeline, where nothing says more.
        assumptions, warnings: sentences.
    """

    vocabulary: Vocabulary | None = None
    word_index: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    guessed: Mapping[str, Any] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def vectorized(self) -> bool:
        """Whether it is what `get_vocabulary()` of a TextVectorization gives, by its first words.

        A layer of its own before the model, which pads and cuts behind.
        """
        listed = self.vocabulary is not None and self.vocabulary.tokens[: len(_FIRST)] == _FIRST
        return listed and not self.options

    @property
    def oov_token(self) -> str | None:
        """The word for unknown words that a Keras Tokenizer was given, which it numbers 1."""
        first = self.vocabulary.tokens[1:2] if self.vocabulary is not None else ()
        return first[0] if self.word_index and first and first[0] in UNKNOWN_TOKENS else None

    def of_keras(self) -> GivenWords:
        """The same for a Keras model: what its usual ways to cut texts leave beside it."""
        guessed: dict[str, Any]
        if self.vectorized:
            guessed, said = (
                _VECTORIZED,
                (
                    "Texts are taken to be cut as Keras' TextVectorization does unless told "
                    "otherwise, since the vocabulary begins as its own: in lower case, without "
                    "punctuation."
                ),
            )
        elif self.word_index and not self.options:
            unknown = self.oov_token
            guessed, said = (
                {"method": "keras", "unknown": unknown or DROP},
                (
                    "Texts are taken to be cut as a Keras Tokenizer does unless told otherwise: in "
                    "lower case, without its filters, words that are not listed "
                    + (f"read as “{unknown}”." if unknown else "left out.")
                ),
            )
        else:
            return self
        assumed = Assumption(said, *map("tokenizer.{}".format, guessed))
        return replace(self, guessed=guessed, assumptions=(*self.assumptions, assumed))

    def parts(self, first: Layer, tokenizer: Tokenizer, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Vocabulary, tokenizer, assumptions and warnings of a network that begins with a layer.

        Args:
            tokenizer: of the model's own file.
            asked: options of the text pipeline that the caller gave, which count first.
        """
        words, options = self, {**self.guessed, **self.options}
        if self.vocabulary is not None and isinstance(first, Embedding):
            fitted = fit_rows(
                self.vocabulary,
                len(first.table),
                word_index=self.word_index,
                told=bool(self.options),
                masked=first.mask_zero,
                offset=asked.get("offset"),
            )
            options = {**self.guessed, **fitted.options, **self.options}
            words = replace(
                self,
                vocabulary=fitted.vocabulary,
                assumptions=(*self.assumptions, *fitted.assumptions),
                warnings=(*self.warnings, *fitted.warnings),
            )
        cuts = tokenizer.with_options(options)
        told = "method" in options or "function" in asked or cuts.pieces is not None
        told = told or tokenizer.method != _USUAL.method
        if self.vocabulary is not None and not told:
            options = {**guessed_cuts(self.vocabulary), **options}
            words = replace(words, assumptions=(*words.assumptions, about_cuts(self.vocabulary)))
        made, lacking = sound(tokenizer.with_options(options).with_options(asked))
        return {
            "tokenizer": made,
            "assumptions": (*words.assumptions, *_by_function(made)),
            "warnings": (*words.warnings, *lacking),
            **({} if words.vocabulary is None else {"vocabulary": words.vocabulary}),
        }


def _by_function(tokenizer: Tokenizer) -> tuple[str, ...]:
    if tokenizer.function is None:
        return ()
    name = getattr(tokenizer.function, "__qualname__", type(tokenizer.function).__name__)
    return (
        f"Texts are cut by a function of the caller, {name}; a network with it cannot be saved.",
    )


def read_words(value: Any) -> GivenWords:
    """A vocabulary from whatever a caller gives, but a file of word vectors.

    Raises:
        FormatError: a file or text is malformed.
        InputError: the value is of a type that cannot be meant.
    """
    assumptions: list[str] = []
    if value is None or isinstance(value, Vocabulary):
        return GivenWords(vocabulary=value)
    if is_path_or_bytes(value):
        words, assumptions = parse_words(read_text(value, "The vocabulary"))
    else:
        found = words_of(value)
        if found is None:
            raise InputError(
                f"vocabulary is {type(value).__name__}; give a list of words, a dictionary from "
                "word to id, or the path or bytes of a text, JSON or pickle file."
            )
        words = found
    return _given(words, assumptions)


def kept_inside(value: Any, rows: int) -> GivenWords:
    """The vocabulary that a checkpoint keeps beside its weights; none where it has none.

    Args:
        rows: of the embedding; a list of more words, or of so few that it may be of classes, is not
            used, which is noted.
    """
    found = words_inside(value) if isinstance(value, Mapping) else None
    if found is None:
        return GivenWords()
    name, words = found
    try:
        given = _given(words, []) if words is not None else GivenWords()
        problem = "" if given.vocabulary else "it does not give each word a number of its own."
    except LensError as error:
        given, problem = GivenWords(), str(error)
    count = len(given.vocabulary or ())
    if count and (2 * count < rows or (count > rows and not given.word_index)):
        problem = f"it has {count:,} words for the {rows:,} rows of the embedding."
    if problem:
        said = f"The file holds {name!r:.40}, which is not used as vocabulary: {problem}"
        return GivenWords(assumptions=(said,))
    said = f"The vocabulary is the one that the file itself holds, as {name!r:.40}."
    return replace(given, assumptions=(said, *given.assumptions))


def _given(words: Words, assumptions: list[str]) -> GivenWords:
    """What a vocabulary's value says, with what was assumed to read it."""
    if words.tokenizer_json is not None:
        return _of_subwords(read_tokenizer_json(words.tokenizer_json))
    word_index = False
    listed = words.words
    if isinstance(listed, Mapping):
        listed, more = words_by_id(listed)
        word_index, assumptions = bool(more), [*assumptions, *more]
    vocabulary = Vocabulary(tuple(listed))
    pieces = read_pieces(vocabulary.tokens)
    if pieces is not None:
        return _of_subwords(pieces)
    options = keras_options(words.keras, vocabulary) if words.keras else {}
    return GivenWords(
        vocabulary=vocabulary,
        word_index=word_index,
        options=options,
        assumptions=tuple(assumptions),
    )


def _of_subwords(read: Subwords) -> GivenWords:
    return GivenWords(
        vocabulary=Vocabulary(tuple(read.pieces)),
        options=read.options,
        assumptions=read.assumptions,
        warnings=read.warnings,
    )
