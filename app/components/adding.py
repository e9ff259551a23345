"""The form that adds rows to the comparison, and the buttons that set them anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from app import settings
from app.compare.compared import DEFAULT, Row, combinations, joined
from app.methods import ACCOUNT_METHOD, RULED_METHODS
from app.models.model import Model
from app.state import session, widgets
from app.state.choice import shortest
from app.text.rules import GATE_NAMES, RULE_NAMES, gate_title, rule_title
from lrp_engine import METHODS, RULES
from lrp_engine.option import Option
from lrp_engine.propagation.rules import Rule
from lrp_engine.render.numbers import spelled
from lrp_engine.render.wording import visible

# Fields of the form; a rule's own numbers have theirs by name.
METHOD, TARGET, EPS, FACTOR, MODEL, RULE, GATE = (
    f"compare.{name}" for name in ("method", "target", "eps", "factor", "model", "rule", "gate")
)
# "LRP has": of whom the fields about rules are.
RULED = " and ".join(method.short for method in RULED_METHODS)
RULED_HAVE = f"{RULED} {'has' if len(RULED_METHODS) == 1 else 'have'}"
OWN = {option.name: option for rule in RULES.values() for option in rule.options}
SIDEBAR = "same as the sidebar"


def rule_of(row: Row) -> Rule:
    """The rule of a row; what the row leaves open is the sidebar's."""
    return session.rule(row.rule, **row.options)


def show(model: Model, others: Mapping[str, str], *, settled: bool) -> None:
    """The form and the buttons.

    Args:
        others: names of further models by what a row calls them.
        settled: whether a row has a rule of its own.
    """
    classes, kind = range(model.network.classes), model.network.output_kind
    with st.container(horizontal=True):
        with st.popover("Add rows", icon=":material/add:"):
            st.markdown("Every combination of what you pick becomes a row.")
            with st.form("lens-compare", border=False):
                _pick(METHOD, "Methods", METHODS, _method_title, ACCOUNT_METHOD.short)
                if len(classes) > 1:
                    _pick(TARGET, kind.nouns.capitalize(), classes,
                          lambda c: visible(model.network.labels[c]),
                          "the predicted class" if kind.has_classes else "the first value",
                    )  # fmt: skip
                _rules()
                _method_options()
                if others:
                    _pick(MODEL, "Models", ["", *others], lambda key: others.get(key, model.name),
                          "the model of the sidebar")  # fmt: skip
                st.form_submit_button("Add", type="primary", on_click=_add)
        short = ACCOUNT_METHOD.short
        st.button(f"The {spelled(len(DEFAULT))} methods", on_click=session.choose,
                  kwargs={"rows": DEFAULT})  # fmt: skip
        if len(classes) > 1:
            st.button(f"{short} for every {kind.noun}", on_click=_set(targets=classes))
        st.button(f"{short} with small and large ε", on_click=_set(eps=(1e-6, 1e-3, 0.1, 1.0)))
        st.button(f"{short} by every rule", on_click=_set(rules=tuple(RULES)))
    if settled:
        st.caption(
            "Added rows keep the rule, the gates and the numbers of then: change them in "
            "the sidebar, then add the next row."
        )


def _method_title(name: str) -> str:
    """A method by its title; with what it costs where it is computed on request only."""
    method = METHODS[name]
    return method.title if method.live else f"{method.title} ({method.cost})"


def _method_options() -> None:
    """What methods on request let people choose, a row for each value picked."""
    for method in METHODS.values():
        if not method.options:
            continue
        with st.expander(f"Options of {method.title}"):
            for option in method.options:
                field, about = _option_field(method.name, option.name), option.meaning
                title = option.title[0].upper() + option.title[1:]
                if option.choices:
                    _pick(field, title, option.choices, str, str(option.default), about)
                    continue
                st.number_input(
                    title,
                    *_range(option),
                    value=None,
                    step=1 if option.whole else None,
                    format="%d" if option.whole else "%g",
                    placeholder=f"{option.default:g}",
                    help=about,
                    key=widgets.field(field),
                )


def _range(option: Option) -> tuple[float, float]:
    kind = int if option.whole else float
    return kind(option.smallest), kind(option.largest)


def _option_field(method: str, option: str) -> str:
    return f"compare.{method}.{option}"


def _taken_options() -> dict[str, dict[str, list[Any]]]:
    """What was picked of the methods' options, by method and name; the fields are empty again."""
    return {
        name: {
            option.name: widgets.take_list(_option_field(name, option.name))
            if option.choices
            else widgets.take_number(_option_field(name, option.name))
            for option in method.options
        }
        for name, method in METHODS.items()
        if method.options
    }


def _rules() -> None:
    """What only methods with a rule have."""
    _pick(
        RULE, "Rules", RULE_NAMES, rule_title, SIDEBAR,
        f"How dense and convolution layers share; only {RULED_HAVE} one.",
    )  # fmt: skip
    for option in OWN.values():
        rules = " and ".join(rule.title for rule in RULES.values() if option in rule.options)
        _numbers(
            f"compare.{option.name}", f"{option.title} of {rules}", option.name, option.suggested,
            f"{option.meaning} Picking one adds rows of this rule.",
        )  # fmt: skip
    _pick(GATE, "Gates", GATE_NAMES, gate_title, SIDEBAR,
          f"Only {RULED_HAVE} them.")  # fmt: skip
    _numbers(EPS, "Stabilizer ε", "eps", settings.EPS_STEPS, f"Only {RULED_HAVE} one.")
    _numbers(FACTOR, "Bias factor", "bias_factor", settings.SWEEP_BIAS_FACTORS,
             f"Only {RULED_HAVE} one.")  # fmt: skip


def _pick(
    field: str, label: str, options: Iterable[Any], named: Callable[[Any], str], nothing: str,
    about: str | None = None,
) -> None:  # fmt: skip
    st.multiselect(label, list(options), format_func=named, placeholder=nothing,
                   help=about, key=widgets.field(field))  # fmt: skip


def _numbers(field: str, label: str, name: str, suggested: Iterable[float], about: str) -> None:
    """A list of numbers, the sidebar's among them."""
    _pick(field, label, sorted({*suggested, session.get(name)}), shortest, SIDEBAR, about)


def _add() -> None:
    take = widgets.take_list
    more = combinations(
        take(METHOD) or [ACCOUNT_METHOD.name], take(TARGET), take(EPS), take(FACTOR), take(MODEL),
        take(RULE), take(GATE), {name: take(f"compare.{name}") for name in OWN}, rule_of=rule_of,
        method_options=_taken_options(),
    )  # fmt: skip
    rows, dropped = joined(session.get("rows"), more, most=settings.COMPARE_ROWS)
    if dropped:
        session.notify(
            f"{dropped} of the new rows were left out: up to {settings.COMPARE_ROWS} rows can be "
            "compared at once. Take some away first."
        )
    session.choose(rows=rows)


def _set(
    targets: Iterable[int] = (), eps: Sequence[float] = (), rules: Sequence[str] = ()
) -> Callable[[], None]:
    """Callback of a button: the method of the account in these combinations and nothing else."""

    def put() -> None:
        methods = [ACCOUNT_METHOD.name]
        wanted = combinations(methods, list(targets), eps, (), (), rules, rule_of=rule_of)
        session.choose(rows=joined((), wanted, most=settings.COMPARE_ROWS)[0])

    return put
