"""The pages of the site: where each comes from, its links, its anchors. Needs no generator.

A page is a file of `docs/`, a notebook, or a document that stands elsewhere in the repository.
Links are written for readers of the repository; those of the site are made of them.
"""

from __future__ import annotations

import json
import os.path
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Documents outside of docs/ that are pages, too.
ELSEWHERE = {
    "CHANGELOG.md": "changelog.md",
    "CODE_OF_CONDUCT.md": "conduct.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "benchmarks/README.md": "benchmarks.md",
}
_BLOCK = re.compile(r"^```.*?^```[^\n]*$", re.DOTALL | re.MULTILINE)
# A link or a picture; code in a line comes first, for what looks like a link there is none.
_LINK = re.compile(r"`[^`\n]+`|(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
_SHOWN = re.compile(r"src=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} +(.+?)(?: +\{#([\w.-]+)\})?$", re.MULTILINE)
_REFERENCE = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)


def staged() -> dict[str, str]:
    """Source -> page, both as paths of their own roots: the repository's, the site's."""
    pages = {f"docs/{one.name}": one.name for one in (ROOT / "docs").glob("*.md")}
    pages |= {f"docs/notebooks/{one.name}": f"notebooks/{one.stem}.md"
              for one in (ROOT / "docs" / "notebooks").glob("*.ipynb")}  # fmt: skip
    pages |= {f"sample_models/{one.parent.name}/README.md": f"models/{one.parent.name}.md"
              for one in (ROOT / "sample_models").glob("*/README.md")}  # fmt: skip
    return dict(sorted((pages | ELSEWHERE).items()))


def assets() -> list[str]:
    """What pages show or offer besides text; the paths of both roots, as in `docs/`."""
    kinds = {".png", ".svg", ".csv", ".css", ".ipynb"}
    found = (one for one in (ROOT / "docs").rglob("*") if one.suffix in kinds)
    return sorted(one.relative_to(ROOT / "docs").as_posix() for one in found)


def navigation() -> list[str]:
    """The pages that the navigation of `zensical.toml` names, in order."""
    entries = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]

    def pages(entry: dict | list | str) -> Iterator[str]:
        if isinstance(entry, str):
            yield entry
        else:
            for one in entry.values() if isinstance(entry, dict) else entry:
                yield from pages(one)

    return list(pages(entries))


def text_of(source: str) -> str:
    """The Markdown of a page; of a notebook the text between its cells of code."""
    path = ROOT / source
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def links(text: str) -> list[str]:
    """Targets of links and pictures, those of other sites too; pictures begin with "!"."""
    plain = _BLOCK.sub("", text)
    found = [one[1] + one[3] for one in _LINK.finditer(plain) if one[3]]
    return found + [f"!{target}" for target in _SHOWN.findall(plain)]


def anchors(text: str) -> set[str]:
    """What `#...` may name: headings by the names that GitHub and the site both give them."""
    plain = _BLOCK.sub("", text)
    found = set(_REFERENCE.findall(plain))
    for title, name in _HEADING.findall(plain):
        found |= {name} if name else {github_slug(title)} & {site_slug(title)}
    return found


def github_slug(title: str) -> str:
    """The anchor of a heading on GitHub."""
    return re.sub(r"[^\w\- ]", "", _bare(title).lower()).replace(" ", "-")


def site_slug(title: str) -> str:
    """The anchor of a heading by Python-Markdown's table of contents."""
    kept = re.sub(r"[^\w\s-]", "", _bare(title).encode("ascii", "ignore").decode()).strip().lower()
    return re.sub(r"[-\s]+", "-", kept)


def _bare(title: str) -> str:
    title = _LINK.sub(lambda found: found[2] or found[0], title)
    return title.replace("`", "").replace("*", "")


def resolved(source: str, target: str) -> tuple[str, str]:
    """A link's file as a path of the repository, and its anchor."""
    path, _, anchor = target.partition("#")
    if not path:
        return source, anchor
    return os.path.normpath(os.path.join(os.path.dirname(source), path)), anchor


def for_the_site(source: str, text: str) -> str:
    """The page with links between pages; of a link to anything else its label stays."""
    pages = staged()
    here = os.path.dirname(pages[source])
    whole = pages | {f"docs/{one}": one for one in assets()} | {"README.md": "index.md"}

    def link(found: re.Match[str]) -> str:
        if not found[3] or elsewhere(found[3]):
            return found[0]
        path, anchor = resolved(source, found[3])
        if path not in whole:
            return found[2]
        target = os.path.relpath(whole[path], here or ".") + (f"#{anchor}" if anchor else "")
        return f"{found[1]}[{found[2]}]({target})"

    parts = re.split(f"({_BLOCK.pattern})", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("```") else _LINK.sub(link, part) for part in parts)


def elsewhere(target: str) -> bool:
    """Whether a link leads to another site."""
    return re.match(r"[a-z]+:|//", target) is not None
