"""Numbers in formulas: LaTeX with the symbols of the code."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.learn.lstm import PARTS, Inside
from app.learn.sums import BIAS, WEIGHTS, Account

_DECIMALS = 3
Lines = list[tuple[str | None, str]]


def plain(value: float) -> str:
    """A number as a formula shows it."""
    text = f"{value:.{_DECIMALS}f}"
    if float(text) == 0 and value:
        mantissa, power = f"{value:.1e}".split("e")
        return rf"{mantissa} \cdot 10^{{{int(power)}}}"
    return text.replace("-0.000", "0.000") if float(text) == 0 else text


def factor(value: float) -> str:
    """A number within a sum or product: in brackets where it is negative."""
    return f"({plain(value)})" if value < 0 else plain(value)


def lines(rows: Sequence[tuple[str | None, str]]) -> str:
    """Equations below each other: left and right sides; a line without a left one goes on."""
    joined = r" \\[0.6em] ".join(
        rf"& \quad {right}" if left is None else f"{left} &= {right}" for left, right in rows
    )
    return rf"\begin{{aligned}} {joined} \end{{aligned}}"


def softmax(scores: Sequence[float], at: int) -> str:
    """The probability of a class among others."""
    powers = np.exp(np.asarray(scores, np.float64))
    share = float(powers[at] / powers.sum())
    return lines(
        [
            (r"p_c", r"\dfrac{e^{z_c}}{\sum_k e^{z_k}}"),
            ("", rf"\dfrac{{e^{{{plain(scores[at])}}}}}{{{plain(float(powers.sum()))}}}"),
            ("", plain(share)),
        ]
    )


def sigmoid(score: float) -> str:
    """The probability of a class by itself."""
    return lines(
        [
            ("p", r"\dfrac{1}{1 + e^{-z}}"),
            ("", rf"\dfrac{{1}}{{1 + e^{{-{factor(score)}}}}}"),
            ("", plain(1 / (1 + float(np.exp(-score))))),
        ]
    )


def weighted_sum(account: Account) -> str:
    """The way forward, in symbols and in numbers."""
    first, *others = [
        rf"{factor(x)} \cdot {factor(w)}" for x, w in zip(account.x, WEIGHTS, strict=True)
    ]
    return lines(
        [
            ("z", r"\sum_k x_k W_k + b"),
            ("", first),
            *((None, f"+ {term}") for term in (*others, factor(BIAS))),
            ("", plain(account.z)),
        ]
    )


def handed_back(account: Account, eps: float, bias_factor: float) -> str:
    """The way back: s, then the relevance of the first input."""
    sign = "+" if account.z >= 0 else "-"
    kept = BIAS + (eps if account.z >= 0 else -eps)
    return lines(
        [
            ("R", rf"z = {plain(account.z)}"),
            ("s", r"\dfrac{R}{z + \varepsilon \, \mathrm{sign}(z)}"),
            ("", rf"\dfrac{{{plain(account.z)}}}{{{plain(account.z)} {sign} {plain(eps)}}}"),
            ("", plain(account.s)),
            ("R_1", r"x_1 W_1 \, s + \delta \, (b + \varepsilon \, \mathrm{sign}(z)) \, s / N"),
            ("", rf"{factor(account.products[0])} \cdot {factor(account.s)}"),
            (
                None,
                rf"+ {plain(bias_factor)} \cdot {factor(kept)}"
                rf" \cdot {plain(account.s)} / {len(WEIGHTS)}",
            ),
            ("", plain(account.R[0])),
        ]
    )


def forward_step(inside: Inside, way: str, t: int, unit: int) -> str:
    """One unit of an LSTM at one word, on the way forward: gates, signal, cell, output."""
    r = inside.readings[way]
    i, f, o, g, c, h, before = (
        float(a[t, unit]) for a in (r.i, r.f, r.o, r.g, r.c, r.h, r.c_before)
    )
    gate, squash = _called(r.layer.recurrent_activation), _called(r.layer.activation)
    rows: Lines = [(r"\text{gate}", rf"{gate}(x_t W + h_{{t-1}} U + b)")]
    for n, (name, value) in enumerate(zip(PARTS, (i, f, o, g), strict=True)):
        function = squash if name == "g" else gate
        word, past, bias = (
            float(a[unit]) for a in (r.from_word[t, n], r.from_before[t, n], r.bias[n])
        )
        rows += [
            (name, rf"{function}({factor(word)} + {factor(past)} + {factor(bias)})"),
            ("", plain(value)),
        ]
    return lines(
        [
            *rows,
            ("c_t", r"f \, c_{t-1} + i \, g"),
            ("", rf"{factor(f)} \cdot {factor(before)} + {factor(i)} \cdot {factor(g)}"),
            ("", plain(c)),
            ("h_t", rf"o \; {squash}(c_t)"),
            ("", rf"{factor(o)} \cdot {squash}({plain(c)})"),
            ("", plain(h)),
        ]
    )


def _called(activation: str) -> str:
    if activation == "sigmoid":
        return r"\sigma"
    name = rf"\{activation}" if activation == "tanh" else rf"\mathrm{{{activation}}}"
    return name.replace("_", r"\_")


def backward_step(inside: Inside, way: str, t: int, unit: int, *, eps: float) -> str:
    """The same unit on the way back: what arrives, and how the cell's sum splits it."""
    r, b = inside.readings[way], inside.returns[way]
    at_h, later, at_c, s, past, signal = (
        float(a[t, unit]) for a in (b.at_h, b.from_later, b.at_c, b.s, b.to_c, b.to_g)
    )
    f, before, i, g, c = (float(a[t, unit]) for a in (r.f, r.c_before, r.i, r.g, r.c))
    share = float(b.share[t])

    def part(name: str, product: str, gate: float, value: float, received: float) -> Lines:
        """What an addend of the cell receives: its product times s, and its share."""
        return [
            (name, rf"{product} \, s{_SHARE if share else ''}"),
            ("", rf"{factor(gate)} \cdot {factor(value)} \cdot {factor(s)}"),
            *([(None, rf"+ {factor(share)}")] if share else []),
            ("", plain(received)),
        ]

    return lines(
        [
            ("R(c_t)", r"R(h_t) + R_{\text{later}}(c_t)"),
            ("", rf"{factor(at_h)} + {factor(later)}"),
            ("", plain(at_c)),
            ("s", r"\dfrac{R(c_t)}{c_t + \varepsilon \, \mathrm{sign}(c_t)}"),
            ("", rf"\dfrac{{{plain(at_c)}}}{{{plain(c)} {'-' if c < 0 else '+'} {plain(eps)}}}"),
            ("", plain(s)),
            *part("R(c_{t-1})", r"f \, c_{t-1}", f, before, past),
            *part("R(g)", r"i \, g", i, g, signal),
        ]
    )


# What the stabilizers of all units take is handed back in equal parts, times the bias factor.
_SHARE = r" + \delta \, \textstyle\sum \varepsilon \, \mathrm{sign}(c_t) \, s / 2H"
