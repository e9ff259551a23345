"""The dashboard's templates beside those of the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import templates
from lrp_engine.render.templates import FOLDER, environment

APP = Path(templates.__file__).parent


@pytest.mark.parametrize("name", sorted(path.name for path in APP.glob("*.html")))
def test_templates_compile(name):
    environment(APP).get_template(name)


def test_no_template_is_hidden_by_one_of_the_engine():
    ours, engine = ({path.name for path in folder.glob("*.[hc]*")} for folder in (APP, FOLDER))
    assert ours
    assert not ours & engine
