"""Foreign text in Markdown: which letters lose their meaning, and how little else changes."""

from __future__ import annotations

import pytest

from app.text.markdown import plain

J = "\N{WORD JOINER}"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("*a* $b$ [c](d) <e> `f` g|h ~i~ #j", r"\*a\* \$b\$ \[c\](d) \<e\> \`f\` g\|h \~i\~ \#j"),
        ("![a](http://b.c)", rf"!\[a\](http:{J}//b.c)"),
        ("HTTPS://a.b ftp://a.b", f"HTTPS:{J}//a.b ftp://a.b"),
        ("www.a.b WWW.a.b www", f"www{J}.a.b WWW{J}.a.b www{J}"),
        ("a@b.c", f"a@{J}b.c"),
        (":smile: :+1: :streamlit:", f":{J}smile: :{J}+1: :{J}streamlit:"),
        (":material/home: :material_home:", rf":{J}material/home: :{J}material\_home:"),
        (":red[a] :help :small[b]", r"\:red\[a\] \:help \:small\[b\]"),
        ("a -> b <- c <-> d -- e", rf"a -{J}\> b \<{J}- c \<{J}-\> d -{J}- e"),
        ("a >= b <= c ~= d", rf"a \>{J}= b \<{J}= c \~{J}= d"),
        ("- a\n+ b\n===\n1. c\n2) d", "\\- a\n\\+ b\n\\===\n1\\. c\n2\\) d"),
        ("a\n\n    code", "a\n\ncode"),
        ("&amp; &#65; a & b", r"\&amp; \&#65; a & b".replace("#", r"\#")),
        ("At 12:30, 1. of 2: it's 3.5 (of 7).", "At 12:30, 1. of 2: it's 3.5 (of 7)."),
    ],
)
def test_markup_is_shown_as_it_is(text, written):
    assert plain(text) == written
