"""What labels stand for: asked of those that name no class, and of those coarser than the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.review import coarse
from app.review.true_classes import Meaning
from app.state import widgets
from app.text.markdown import plain
from lrp_engine.render.wording import visible

MAPPED = 30  # labels that are asked about


def coarse_labels(
    counts: Mapping[str, int], labels: Sequence[str], *, key: str
) -> dict[str, Meaning]:
    """What coarse labels stand for, said and switched off; {} where there are none.

    Labels that stand for one class because of finer ones are among them.

    Args:
        counts: every label that occurs, and how often. labels: of the model.
    """
    groups = coarse.groups(list(counts), labels)
    if not groups:
        return {}
    finer = coarse.strict(list(counts), labels)
    st.info(plain(visible(coarse.sentence(groups, labels, counts, finer))), icon=":material/join:")
    counted = st.toggle(
        "Count finer predictions as correct", value=True, key=widgets.file_key(f"{key}.coarse"),
        help="If off, each label stands only for the class that it names.",
    )  # fmt: skip
    alone = {label: coarse.meant(label, labels) for label in finer}
    return groups | alone if counted else {}


def chosen(
    counts: Mapping[str, int],
    labels: Sequence[str],
    start: Mapping[str, Meaning],
    *,
    key: str,
    abreast: int = 1,
) -> dict[str, Meaning]:
    """The classes that each label stands for, asked of the most frequent ones.

    Args:
        counts: how often each label occurs. start: what is chosen to begin with.
        abreast: how many are asked about in one line.
    """
    found: dict[str, Meaning] = {}
    places = st.columns(abreast)
    for n, (label, count) in enumerate(list(counts.items())[:MAPPED]):
        begin = start.get(label, ())
        said = "-".join(map(str, begin))
        found[label] = tuple(sorted(places[n % len(places)].multiselect(
            f"“{plain(visible(label[:40]))}” ({count:,})",
            range(len(labels)),
            default=begin,
            format_func=lambda c: visible(labels[c]),
            placeholder="no class",
            key=widgets.file_key(f"{key}.{label}.{said}"),
        )))  # fmt: skip
    if len(counts) > MAPPED:
        st.caption(f"The {MAPPED} most frequent of {len(counts):,} labels.")
    return found


def differing(found: Mapping[str, Meaning], labels: Sequence[str]) -> dict[str, Meaning]:
    """Those that do not stand for the class that they name."""
    return {label: m for label, m in found.items() if m != coarse.natural(label, labels)}
