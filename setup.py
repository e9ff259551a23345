"""What goes into the wheel, where it lies there, and its description; the rest is pyproject.toml.

The dashboard and the sample models are installed inside `lrp_lens`: as `app` and `sample_models`
they would meet other people's packages of these names. `app/main.py` puts its parent folder first
on the path, so that imports are the same in a checkout and in a wheel.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
# Where the repository is to be found, as https://git.example.org/lrp-lens; without it the
# description has no links to its files and no pictures, rather than broken ones.
HOME = os.environ.get("LRP_LENS_HOME", "").rstrip("/")
INSIDE = "lrp_lens"
PAPERS = {
    "LRP (Bach et al. 2015)": "https://doi.org/10.1371/journal.pone.0130140",
    "LRP for LSTMs (Arras et al. 2017)": "https://doi.org/10.18653/v1/W17-5221",
}
# Of a sample model.
FILES = ["*.json", "*.csv", "*.npz", "*.txt", "*.md", "*.keras", "*.pt", "*.safetensors"]
_IMAGE = re.compile(r'!\[([^\]]*)\]\((?!https?:)([^)]+)\)|<img src="(?!https?:)([^"]+)"[^>]*>')
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|#)([^)]+)\)")


def description() -> str:
    """The README with links that work anywhere."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    picture = rf"![\1]({HOME}/raw/main/\2\3)" if HOME else ""
    return _LINK.sub(rf"[\1]({HOME}/blob/main/\2)" if HOME else r"\1", _IMAGE.sub(picture, text))


def urls() -> dict[str, str]:
    """Links beside the description."""
    own = {
        "Repository": HOME,
        "Documentation": f"{HOME}/tree/main/docs",
        "Changelog": f"{HOME}/blob/main/CHANGELOG.md",
    }
    return (own if HOME else {}) | PAPERS


def samples() -> dict[str, str]:
    """Package -> folder of each sample model; what trained it stays in the repository."""
    folders = sorted(path.parent for path in (ROOT / "sample_models").glob("*/sample.json"))
    return {f"{INSIDE}.sample_models.{path.name}": f"sample_models/{path.name}" for path in folders}


class Build(build_py):
    """Leaves out what trained the samples: it needs their sources, which are downloaded."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        return [] if package in samples() else super().find_package_modules(package, package_dir)


if __name__ == "__main__":
    dashboard = [f"{INSIDE}.{name}" for name in find_packages(include=["app", "app.*"])]
    setup(
        cmdclass={"build_py": Build},
        long_description=description(),
        long_description_content_type="text/markdown",
        project_urls=urls(),
        packages=[*find_packages(include=["lrp_engine", "lrp_engine.*"]), *dashboard, *samples()],
        package_dir={f"{INSIDE}.app": "app", **samples()},
        include_package_data=False,
        package_data={
            "lrp_engine": ["py.typed"],
            "lrp_engine.render.templates": ["*.html", "*.css"],
            f"{INSIDE}.app": [".streamlit/config.toml", "*.svg", "frontend/*"],
            f"{INSIDE}.app.templates": ["*.html", "*.css"],
            **{name: list(FILES) for name in samples()},
        },
    )  # fmt: skip
