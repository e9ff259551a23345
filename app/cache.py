"""What is kept between runs and users: the only module with `st.cache_*`.

Keys are content hashes and plain values, never arrays: Streamlit samples large ones, and two
different tables would share a result. Arguments that begin with `_` are no part of a key. Results
are frozen, so one object serves everybody.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

import lrp_engine
from app import numeric, opening, samples, settings, steady, sweeps
from app.held import Held
from app.learn import lstm
from app.models import (
    BUNDLED,
    SAMPLE,
    Example,
    Known,
    Model,
    Reference,
    class_of,
    read_examples,
)
from app.review.jobs import Jobs
from app.review.sets import Set, Sets
from app.samples import Sample
from app.weighed import Weighed
from lrp_engine.formats.reference import beside

if TYPE_CHECKING:
    from app.review.store import Store
    from lrp_engine import Explanation, Network, ProofSheet
    from lrp_engine.rules import Rule

Target = int | tuple[int, int] | None


def _settings(rule: Rule) -> str:
    """A rule as a part of a key: its name and every option."""
    return json.dumps(rule.plain(), sort_keys=True)


def bundled() -> Model:
    """The model that comes with the dashboard."""
    path = settings.model_path()
    files = sorted(f for f in path.iterdir() if f.is_file()) if path.is_dir() else [path]
    stamps = tuple((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files)
    return _bundled(str(path), stamps)


@st.cache_resource(max_entries=2, show_spinner=False)
def _bundled(path: str, stamps: tuple) -> Model:
    folder = Path(path)
    loaded = lrp_engine.load(folder)
    examples = read_examples(folder / settings.EXAMPLES_FILE, loaded.labels)
    name = folder.stem.replace("_", " ").capitalize()
    stored = opening.read(folder / settings.OPENING_FILE, loaded)
    return Model(loaded.hash, name, loaded, examples, stored, files=(folder, beside(folder)),
                 origin=BUNDLED)  # fmt: skip


def sample(chosen: Sample) -> Model:
    """One of the sample models, with its examples."""
    files = (*chosen.arguments.values(), chosen.examples)
    stamps = tuple((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files)
    return _sample(chosen.name, stamps, chosen)


def sample_named(reference: Reference) -> Model | None:
    """The sample model that a link or a session means; the first to ask reads them all."""
    models = map(sample, samples.samples())
    return next((model for model in models if reference.names(model)), None)


@st.cache_resource(max_entries=settings.MODELS_CACHED, show_spinner=False)
def _sample(name: str, stamps: tuple, _chosen: Sample) -> Model:
    network = lrp_engine.load(_chosen.model, vocabulary=_chosen.vocabulary, spec=_chosen.spec)
    words = _chosen.input == "words"
    examples = tuple(
        Example(
            str(one.value) if words else numeric.write(one.value),
            class_of(one.label, network.labels),
            one.facts,
        )
        for one in samples.examples(_chosen)
    )
    files = _chosen.model, beside(_chosen.model)
    return Model(network.hash, _chosen.title, network, examples, files=files, units=_chosen.units,
                 known=_known(_chosen, network), origin=SAMPLE)  # fmt: skip


def _known(chosen: Sample, network: Network) -> Known | None:
    known = chosen.known
    if known is None:
        return None
    return Known(
        marks=chosen.units.index(known["marks"]),
        amount=chosen.units.index(known["amount"]),
        target=network.labels.index(known["target"]),
        sentence=known["sentence"],
    )


@st.cache_resource(max_entries=settings.MODELS_CACHED, show_spinner=False)
def read_network(digest: str, _read: Callable[[], Network]) -> Network:
    """The network of these bytes and options; `_read` runs when nobody asked before."""
    return _read()


@st.cache_resource(max_entries=settings.MODELS_CACHED, show_spinner=False)
def proof(digest: str, _prove: Callable[[], ProofSheet]) -> ProofSheet:
    """The proof sheet of what has this digest; `_prove` runs when nobody asked before."""
    return _prove()


@st.cache_resource(show_spinner=False)
def explanations() -> Weighed:
    """Explanations, accounts by layer and sweeps of everybody, by what was asked."""
    return Weighed(settings.EXPLANATIONS_MEGABYTES * 2**20)


def explained(model: Model, text: str, target: Target, rule: Rule) -> Mapping[str, Explanation]:
    """By every method: why the model scores this text as it does."""
    if model.opening and (text, target, rule) == (settings.DEFAULT_TEXT, None, opening.RULE):
        return model.opening

    def make() -> dict[str, Explanation]:
        found = model.network.explain_all(model.input(text), target=target, rule=rule)
        return {name: model.named(one, text) for name, one in found.items()}

    key = ("explained", model.network.hash, text, target, _settings(rule))
    return explanations().get(key, make)


@st.cache_resource(show_spinner=False)
def held() -> Held:
    """The models that sessions brought."""
    return Held(settings.MODELS_MEGABYTES * 2**20)


# Conservation ------------------------------------------------------------------------------


def layered(model: Model, text: str, target: int | tuple[int, int], rule: Rule) -> Explanation:
    """By LRP, with the relevance at every layer's output."""
    return _layered(model, text, target, rule)


def followed(model: Model, text: str, target: int | tuple[int, int], rule: Rule) -> lstm.Inside:
    """The way through the LSTM that reads the words.

    Raises:
        InputError: there is none, or the rule is another one than the one followed.
    """
    lstm.find(model.network)

    def make() -> lstm.Inside:
        return lstm.followed(model.network, layered(model, text, target, rule))

    key = ("followed", model.network.hash, model.network.dtype, text, target, _settings(rule))
    return explanations().get(key, make)


def other_precision(
    model: Model, text: str, target: int | tuple[int, int], rule: Rule
) -> Explanation:
    """By LRP in float64 where the model computes in float32, and the other way round."""
    other = replace(model, network=_converted(model.network.hash, model.network))
    return _layered(other, text, target, rule)


def _layered(model: Model, text: str, target: Target, rule: Rule) -> Explanation:
    def make() -> Explanation:
        found = model.network.explain(model.input(text), "lrp", target, rule, layers=True)
        return model.named(found, text)

    key = ("layered", model.network.hash, model.network.dtype, text, target, _settings(rule))
    return explanations().get(key, make)


@st.cache_resource(max_entries=2, show_spinner=False)
def _converted(model_hash: str, _network: Network) -> Network:
    return replace(_network, dtype=sweeps.OTHER[_network.dtype])


def swept(
    model: Model,
    text: str,
    target: int | tuple[int, int],
    rule: Rule,
    setting: str,
) -> sweeps.Sweep:
    """The same text with many values of a setting of the rule."""
    # The setting that is swept is no part of the question.
    rule = replace(rule, **{setting: getattr(lrp_engine.Epsilon(), setting)})
    values = settings.SWEEP_EPS if setting == sweeps.EPS else settings.SWEEP_BIAS_FACTORS

    def make() -> sweeps.Sweep:
        found = sweeps.run(
            model.network, model.input(text), target, setting=setting, values=values, rule=rule
        )
        named = numeric.named(model.network, text) if model.reads_numbers else found.tokens
        return replace(found, tokens=named)

    key = ("swept", model.network.hash, text, target, _settings(rule), setting)
    return explanations().get(key, make)


@st.cache_resource(max_entries=settings.PREDICTIONS_CACHED, show_spinner=False)
def _predicted(model_hash: str, texts_hash: str, _model: Model, _texts: list) -> np.ndarray:
    return _model.network.predict(**_model.batch(_texts)).argmax(axis=1)


def predicted(model: Model) -> np.ndarray:
    """The predicted class (n,) of each of the model's examples."""
    texts = [example.text for example in model.examples]
    texts_hash = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    return _predicted(model.network.hash, texts_hash, model, texts)


@st.cache_resource(show_spinner=False)
def device() -> str:
    """What TensorFlow computes on."""
    from lrp_engine import device

    found = device.current()
    steady.spare()
    return found


@st.cache_resource(max_entries=settings.MODELS_CACHED, show_spinner=False)
def _warmed(model_hash: str, _network: Network) -> threading.Thread:
    thread = threading.Thread(target=_first_pass, args=(_network,), daemon=True)
    thread.start()
    return thread


def warm(model: Model) -> None:
    """Trace a model's programs while the user reads, where a stored answer came first."""
    if model.opening:
        _warmed(model.network.hash, model.network)


def _first_pass(network: Network) -> None:
    network.explain_all([settings.DEFAULT_TEXT])
    steady.spare()


# Review ------------------------------------------------------------------------------------


def reviews() -> Store:
    """The verdicts, in the database that the settings name."""
    return _reviews(settings.database_url())


@st.cache_resource(show_spinner=False)
def _reviews(url: str) -> Store:
    from app.review.store import Store

    if url.startswith("sqlite:///"):
        sets()  # makes the folder
    return Store(st.connection("reviews", type="sql", url=url).engine)


def sets() -> Sets:
    """The sets on disk."""
    return jobs().sets


def jobs() -> Jobs:
    """Who explains sets in the background: one for the whole server."""
    return _jobs(str(settings.data_folder() / "sets"))


@st.cache_resource(show_spinner=False)
def _jobs(folder: str) -> Jobs:
    return Jobs(
        Sets(Path(folder)), running=settings.REVIEW_RUNNING, waiting=settings.REVIEW_WAITING
    )


@dataclass(frozen=True, eq=False)
class Tables:
    """A set's tables, see `app.review.digest`; nobody writes to them."""

    summary: pd.DataFrame
    words: pd.DataFrame


def tables(one: Set) -> Tables:
    """The tables of a complete set."""
    return _tables(one.id, str(sets().folder), one)


@st.cache_resource(max_entries=settings.REVIEW_CACHED, show_spinner=False)
def _tables(key: str, folder: str, _set: Set) -> Tables:
    words = pd.read_parquet(sets().words(_set))
    return Tables(pd.read_parquet(sets().summary(_set)), words.astype({"word": "category"}))
