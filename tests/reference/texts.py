"""Text to tokens, character by character, from what the documentation says of each method."""

from __future__ import annotations

INNER = "-'’."


def words(text: str) -> list[str]:
    """Runs of letters, digits and underscores, with single inner marks; other signs alone.

    For texts in ASCII and letters that need no marks beside them.
    """

    def letter(n: int) -> bool:
        return 0 <= n < len(text) and (text[n].isalnum() or text[n] == "_")

    found: list[str] = []
    grows = False
    for n, sign in enumerate(text):
        joins = sign in INNER and grows and letter(n - 1) and letter(n + 1)
        if letter(n) or joins:
            if grows:
                found[-1] += sign
            else:
                found.append(sign)
            grows = True
            continue
        grows = False
        if not sign.isspace():
            found.append(sign)
    return found
