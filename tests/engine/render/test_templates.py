"""Templates: values escaped, missing ones refused, files shipped with the package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from jinja2 import UndefinedError

import lrp_engine
from lrp_engine.render import templates

ROOT = Path(lrp_engine.__file__).parent


@pytest.mark.parametrize("name", sorted(p.name for p in templates.FOLDER.glob("*.html")))
def test_templates_compile(name):
    templates.environment().get_template(name)


def test_a_missing_value_is_an_error():
    with pytest.raises(UndefinedError, match="'title' is undefined"):
        templates.render("base.html")


def test_values_are_escaped_and_html_is_text():
    made = templates.fragment("parts.html", "table")([("<a>", False)], [("'\"&<b>",)])
    assert type(made) is str  # added to other text it stays as it is
    assert "<a>" not in made
    assert "&#39;&#34;&amp;&lt;b&gt;" in made


def test_no_control_character_gets_into_a_page():
    text = "a\x00b\x1b[31mc\x7f\x9b\ud800\uffffd\te\nf"
    made = templates.fragment("parts.html", "table")([(text, False)], [(text,)])
    assert made.count("a␀b␛[31mc⟨007F⟩⟨009B⟩⟨D800⟩⟨FFFF⟩d\te\nf") == 3
    assert made.encode()


def test_numbers_in_a_table_are_set_to_the_right():
    made = templates.fragment("parts.html", "table")([("a", False), ("b", True)], [("x", "1")])
    assert '<th scope="col">a</th><th scope="col" class="n">b</th>' in made
    assert '<td dir="auto">x</td><td class="n" dir="auto">1</td>' in made


def test_templates_are_loaded_when_something_is_drawn():
    code = (
        "import sys; import lrp_engine.render.page, lrp_engine.render.svg; "
        "print([m for m in ('jinja2', 'tensorflow', 'streamlit', 'keras') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
