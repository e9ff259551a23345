"""The tables of docs/evidence.md, made of the results file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from benchmarks.papers import arithmetic_names as names
from benchmarks.papers import results
from lrp_engine.attribution.methods import METHODS as ALL

LARGE = 1_000  # beyond, the size alone matters
MODELS = ("sentiment", "attention", "mail")
# Worse and better than the first row, where the difference is real.
MARKS = {"-1": " †", "1": " ‡", "0": "", "": ""}
METHODS = {
    "lrp": "LRP",
    "gradient_x_input": "GI",
    "sensitivity": "SA",
    "integrated_gradients": "IG",
    "occlusion": "occlusion",
    "lime": "LIME",
    "random": "random",
}

Column = tuple[str, str, str]  # head, model, measure


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines).replace("| --- ", "|---")


def explainer(method: str, rule: str) -> str:
    """A method with its rule, as tables and charts call it."""
    return f"{METHODS[method]} {rule}".strip()


def _choosing() -> str:
    """What decides on a rule of LRP, of two measures; for docs/choosing.md."""
    columns = _by_model(("comp ↑", "comprehensiveness"), ("slope → 1", "slope"))
    found = _of_part("methods").query("method == 'lrp'")
    rows = [[str(rule), *(_cell(group, model, measure, spread=False) or "–"
                          for _, model, measure in columns)]
            for rule, group in found.groupby("rule", sort=False)]  # fmt: skip
    return _table(["LRP", *(head for head, _, _ in columns)], rows)


def _of_part(part: str) -> pd.DataFrame:
    found = results.read()
    return found[(found["part"] == part) & (found["point"] == "")]


def _compared(part: str, columns: Sequence[Column], *, spread: bool = True) -> Callable[[], str]:
    """Rows: explainers. A cell: the value, half the width of its interval, its mark."""

    def made() -> str:
        found = _of_part(part)
        rows = []
        for (method, rule), group in found.groupby(["method", "rule"], sort=False):
            cells = [_cell(group, model, measure, spread=spread) for _, model, measure in columns]
            if any(cells):
                rows.append([explainer(method, rule), *(cell or "–" for cell in cells)])
        return _table(["", *(head for head, _, _ in columns)], rows)

    return made


def _cell(group: pd.DataFrame, model: str, measure: str, *, spread: bool) -> str:
    one = group[(group["model"] == model) & (group["measure"] == measure)]
    if one.empty or one["value"].isna().all():
        return ""
    row = one.iloc[0]
    said = f"{row['value']:.3f}"
    if spread and pd.notna(row["low"]):
        said += f" ± {(row['high'] - row['low']) / 2:.3f}"
    return said + MARKS[row["better"]]


def _by_model(*measures: tuple[str, str]) -> list[Column]:
    return [(f"{title}, {model}", model, measure) for title, measure in measures
            for model in MODELS]  # fmt: skip


def _short(value: float) -> str:
    return f"{value:.3f}" if abs(value) < LARGE else f"{value:.0e}"


def _arithmetic() -> str:
    """Means over networks, and the worst and best of them."""
    found = _of_part(names.PART)
    found = found.assign(task=found["model"].str.split().str[0])
    columns = [(task, measure, title) for task in names.TASKS
               for measure, title in names.MEASURES.items()]  # fmt: skip
    rows = []
    for (method, rule), group in found.groupby(["method", "rule"], sort=False):
        cells = []
        for task, measure, _ in columns:
            of = group[(group["task"] == task) & (group["measure"] == measure)]
            values = of["value"].dropna()
            # What has no sign is no number to compare with an answer.
            told = len(values) and (
                measure == names.SHARE or method not in ALL or ALL[method].signed
            )
            said = "{} ({} to {})".format(*map(_short, (values.mean(), values.min(), values.max())))
            cells.append(said if told else "–")
        if method:
            rows.append([explainer(method, rule), *cells])
    return _table(["", *(f"{task}: {title}" for task, _, title in columns)], rows)


def _counts() -> str:
    """How many texts each measure counts."""
    found = _of_part("methods").query("method == 'lrp' and rule == 'epsilon 0.001'")
    counts = {(row.model, row.measure): row.n for row in found.itertuples()}
    rows = [
        [f"`{measure}`", *(counts.get((model, measure)) or "–" for model in MODELS)]
        for measure in dict.fromkeys(found["measure"])
    ]
    return _table(["texts (or documents)", *MODELS], rows)


def _protocol() -> str:
    """What depends on what a protocol leaves open, of LRP."""
    found = _of_part("protocol").query("method == 'lrp'")
    rows = []
    for measure, title in _PROTOCOL.items():
        cells = []
        for model in MODELS:
            one = found[(found["model"] == model) & (found["measure"] == measure)]
            cells.append("–" if one.empty else
                         "{value:.3f} ({low:.3f} to {high:.3f})".format(**one.iloc[0]))  # fmt: skip
        rows.append([title, *cells])
    return _table(["LRP, epsilon 0.001", *MODELS], rows)


_PROTOCOL = {
    "slope": "slope, sets of any size (`slope`)",
    "slope_up_to_half": "slope, sets of up to half of the words",
    "slope_half": "slope, half of the words",
    "slope_tenth": "slope, a tenth of the words",
    "slope_one_word": "slope, one word",
    "pointing_1": "pointing, 1 text of each class",
    "pointing_2": "pointing, 2 texts of each class (`pointing`)",
    "pointing_4": "pointing, 4 texts of each class",
}


def _candidates(part: str) -> str:
    """Candidates by what they change, and of how many numbers for better and for worse."""
    found = _of_part(part)
    rows = []
    for rule, group in found[found["method"] == "lrp"].groupby("rule", sort=False):
        cells = [_cell(group, model, measure, spread=False) for _, model, measure in _CANDIDATES]
        counts = [sum(cell.endswith(mark) for cell in cells) for mark in (MARKS["1"], MARKS["-1"])]
        rows.append([str(rule), *(cell or "–" for cell in cells), "{} / {}".format(*counts)])
    return _table(["LRP", *(head for head, _, _ in _CANDIDATES), "‡ / †"], rows)


_CANDIDATES = [
    *_by_model(("comp ↑", "comprehensiveness"), ("(a) ↓", "deletion_right")),
    ("(b) ↑, sentiment", "sentiment", "deletion_wrong"),
    ("(b) ↑, attention", "attention", "deletion_wrong"),
    *_by_model(("pointing ↑", "pointing"), ("slope → 1", "slope")),
    ("blown up ↓, mail", "mail", "blown_up"),
]

# Name -> the text between its marks in docs/evidence.md and docs/choosing.md.
TABLES: dict[str, Callable[[], str]] = {
    "choosing": _choosing,
    "evidence_counts": _counts,
    "evidence_deletion": _compared(
        "methods", _by_model(("(a) ↓", "deletion_right"), ("(b) ↑", "deletion_wrong"))
    ),
    "evidence_erasure": _compared(
        "methods", _by_model(("comp ↑", "comprehensiveness"), ("suff ↓", "sufficiency"))
    ),
    "evidence_hybrid": _compared("methods", _by_model(("pointing ↑", "pointing"))),
    "evidence_drops": _compared(
        "methods", _by_model(("correlation ↑", "correlation"), ("slope → 1", "slope"))
    ),
    "evidence_mails": _compared(
        "methods",
        [("DA area ↓", "mail", "descriptive_accuracy"), ("MAZ area ↑", "mail", "sparsity")],
    ),
    "evidence_protocol": _protocol,
    "evidence_arithmetic": _arithmetic,
    "evidence_validation": lambda: _candidates("validation"),
    "evidence_test": lambda: _candidates("test"),
}
