"""Answers that were computed before: explanations, accounts by layer, sweeps, predictions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import streamlit as st

import lrp_engine
from app import settings
from app.account import sweeps
from app.cache.memory import answers, memory
from app.learn import lstm
from app.learn.words import target_of
from app.methods import ACCOUNT_METHOD
from app.models import numeric, opening
from app.models.model import Model
from lrp_engine import METHODS, Explanations
from lrp_engine.attribution import ablation, flips
from lrp_engine.attribution.shown import as_shown
from lrp_engine.errors import InputError

if TYPE_CHECKING:
    from lrp_engine import Explanation
    from lrp_engine.attribution.ablation import Ablation, Change, Deletion
    from lrp_engine.attribution.flips import Flip
    from lrp_engine.propagation.rules import Rule

Target = int | tuple[int, int] | None
A = TypeVar("A")


def _settings(rule: Rule) -> str:
    """A rule as a part of a key: its name and every option."""
    return json.dumps(rule.to_dict(), sort_keys=True)


def _key(model: Model, what: str, *of: Hashable) -> tuple[Hashable, ...]:
    """Of an answer about a model, and about the word whose label it explains."""
    return (model.model_hash, what, model.position, *of)


def explained(model: Model, text: str, target: Target, rule: Rule) -> Explanations:
    """By every method shown while one types: why the model scores this text as it does.

    Padding is one word.
    """
    if model.opening and (text, target, rule) == (settings.DEFAULT_TEXT, None, opening.RULE):
        return model.opening

    def make() -> Explanations:
        by_method = model.network.explain_all(
            model.input(text), target=target, rule=rule, position=model.position
        )
        return Explanations(
            {name: as_shown(model.named(one, text)) for name, one in by_method.items()}
        )

    key = _key(model, "explained", text, target, _settings(rule))
    return answers().get(key, make)


def explained_by(
    method: str,
    model: Model,
    text: str,
    target: Target,
    rule: Rule,
    options: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Explanation:
    """By one method; those that are shown while one types share an answer.

    Args:
        options: of the method, by name. progress: called with passes done and passes at most; it
            may raise to stop.
    """
    info = METHODS[method]
    if info.live:
        return explained(model, text, target, rule)[method]

    def make() -> Explanation:
        made = model.network.explain(
            model.input(text), method, target, rule, position=model.position,
            method_options=options, progress=progress,
        )  # fmt: skip
        return as_shown(model.named(made, text))

    rule_key = _settings(rule) if info.uses_rule else ""
    chosen = json.dumps(dict(options or {}), sort_keys=True)
    key = _key(model, "explained by", method, text, target, rule_key, chosen)
    return answers().get(key, make)


def layered(model: Model, text: str, target: int | tuple[int, int], rule: Rule) -> Explanation:
    """By the method of the account, with the relevance at every layer's output."""

    def make() -> Explanation:
        explanation = model.network.explain(
            model.input(text), ACCOUNT_METHOD.name, target, rule, layers=True,
            position=model.position,
        )  # fmt: skip
        return model.named(explanation, text)

    key = _key(model, "layered", model.network.dtype, text, target, _settings(rule))
    return answers().get(key, make)


def followed(model: Model, text: str, target: int | tuple[int, int], rule: Rule) -> lstm.Inside:
    """The way through the LSTM that reads the words.

    Raises:
        InputError: there is none, or the rule is another one than the one followed.
    """
    lstm.find(model.network)

    def make() -> lstm.Inside:
        return lstm.followed(model.network, layered(model, text, target, rule))

    key = _key(model, "followed", model.network.dtype, text, target, _settings(rule))
    return answers().get(key, make)


def other_precision(
    model: Model, text: str, target: int | tuple[int, int], rule: Rule
) -> Explanation:
    """`layered` in float64 where the model computes in float32, and the other way round."""
    network = model.network
    other = memory().other_precision(
        network, lambda: replace(network, dtype=sweeps.OTHER[network.dtype])
    )
    return layered(replace(model, network=other), text, target, rule)


def swept(
    model: Model,
    text: str,
    target: int | tuple[int, int],
    rule: Rule,
    setting: str,
) -> sweeps.Sweep:
    """The same text with many values of a setting of the rule."""
    # The setting that is swept is no part of the question.
    rule = rule.with_options(**{setting: getattr(lrp_engine.Epsilon(), setting)})
    values = settings.SWEEP_EPS if setting == sweeps.EPS else settings.SWEEP_BIAS_FACTORS

    def make() -> sweeps.Sweep:
        sweep = sweeps.run(
            model.network, model.input(text), target, setting=setting, values=values, rule=rule,
            position=model.position,
        )  # fmt: skip
        named = numeric.named(model.network, text) if model.reads_numbers else sweep.tokens
        return replace(sweep, tokens=named)

    key = _key(model, "swept", text, target, _settings(rule), setting)
    return answers().get(key, make)


def _asked_again(
    model: Model,
    text: str,
    one: Explanation,
    what: str,
    *of: Hashable,
    ask: Callable[..., A | None],
) -> A | None:
    """What the model says of other versions of an explained text; None where it cannot be asked.

    Args:
        what, of: what is asked, for the key.
        ask: (network, input, position=) -> the answer.
    """

    def make() -> A | None:
        try:
            return ask(model.network, model.input(text), position=model.position)
        except InputError:  # an answer, too, and kept like one
            return None

    key = _key(model, what, *of, text, target_of(one))
    return answers().get(key, make)


def _rule_of(one: Explanation) -> str:
    return _settings(one.rule) if one.rule else ""


def ablated(model: Model, text: str, explanation: Explanation) -> Ablation | None:
    """What happens when the words that an explanation ranks first go, against random ones.

    None where nothing can be left out, or where it cannot be computed without these words.
    """
    words = len(explanation.tokens[0])
    draws = min(ablation.DRAWS, max(settings.ABLATION_LEAST, settings.ABLATION_WORDS // words))
    return _asked_again(
        model, text, explanation, "ablated", _rule_of(explanation),
        ask=partial(ablation.against_random, explanation=explanation, draws=draws),
    )  # fmt: skip


def deleted(model: Model, text: str, explanations: Explanations) -> Deletion | None:
    """What happens while the words go that the methods of explanations rank first.

    None where nothing can be left out, or where it cannot be computed without these words.
    """
    first = explanations[ACCOUNT_METHOD.name]
    return _asked_again(
        model, text, first, "deleted", _rule_of(first),
        ask=partial(ablation.deletion, explanations=explanations),
    )  # fmt: skip


def left_out(model: Model, text: str, explanation: Explanation, at: int) -> Change | None:
    """What leaving out the word at a position of an explanation does, whatever its rule.

    None where it cannot be left out, or where that cannot be computed.
    """
    return _asked_again(
        model, text, explanation, "left out", at,
        ask=partial(ablation.without_one, explanation=explanation, at=at),
    )  # fmt: skip


def flipped(
    model: Model, text: str, explanation: Explanation, alike: tuple[int, ...] = ()
) -> Flip | None:
    """Which single word would change the class predicted, by the rule of an explanation.

    Args:
        alike: classes that count as the predicted one.

    None where there are no classes, or where it cannot be computed.
    """
    return _asked_again(
        model, text, explanation, "flipped", _rule_of(explanation), alike,
        ask=partial(flips.single_word, explanation=explanation, alike=alike),
    )  # fmt: skip


def labelled(model: Model, text: str) -> np.ndarray:
    """Scores (T, C) of every word or step, of a model that labels them."""

    def make() -> np.ndarray:
        scores: np.ndarray = model.network.predict(model.input(text))[0]
        return scores

    return answers().get((model.model_hash, "labelled", text), make)


@st.cache_resource(max_entries=settings.PREDICTIONS_CACHED, show_spinner=False)
def _predicted(model_hash: str, texts_hash: str, _model: Model, _texts: list) -> np.ndarray:
    return _model.network.predict(**_model.batch(_texts)).argmax(axis=1)


def predicted(model: Model) -> np.ndarray:
    """The predicted class (n,) of each of the model's examples."""
    texts = [example.text for example in model.examples]
    texts_hash = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    return _predicted(model.model_hash, texts_hash, model, texts)
