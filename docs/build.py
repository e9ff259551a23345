"""Builds the site into `build/site`: `make docs`. Warnings, broken links, other hosts are errors.

Pages are laid out in `build/docs` first: notebooks run, equations become MathML (no script draws
them), and links between files of the repository become links between pages.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from latex2mathml.converter import convert

from docs import executed, pages, tables

BUILD = pages.ROOT / "build"


def main() -> None:
    """Lay out, build, check.

    Raises:
        SystemExit: something is stale or broken; the text says what.
    """
    documents = {one.name: one.read_text() for one in tables.DOCUMENTS}
    stale = [name for name, text in documents.items() if tables.filled(text) != text]
    if stale:
        sys.exit(f"Stale: {', '.join(stale)}; run python docs/tables.py")
    lay_out(BUILD / "docs")
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"], cwd=pages.ROOT
    )
    if done.returncode:
        sys.exit("The generator found something to mend, see above.")
    wrong = sorted(broken(BUILD / "site"))
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"Built {BUILD / 'site' / 'index.html'}")


def lay_out(folder: Path) -> None:
    """Every page and asset as the generator reads it."""
    shutil.rmtree(folder, ignore_errors=True)
    for source, page in pages.staged().items():
        path = folder / page
        path.parent.mkdir(parents=True, exist_ok=True)
        if source.endswith(".ipynb"):
            text = executed.markdown(pages.ROOT / source)
        else:
            text = pages.text_of(source)
        path.write_text(_equations(pages.for_the_site(source, text)), encoding="utf-8")
    for name in pages.assets():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(pages.ROOT / "docs" / name, folder / name)
    shutil.copy(pages.ROOT / "app" / "icon.svg", folder / "assets")


def _equations(text: str) -> str:
    return re.sub(
        r"^\$\$ (.+) \$\$$",
        lambda found: f'<div class="equation">{convert(found[1], display="block")}</div>',
        text,
        flags=re.MULTILINE,
    )


def broken(site: Path) -> set[str]:
    """Links of the built pages that lead nowhere, and what they would load from other hosts."""
    read = {path: _Page(path) for path in site.rglob("*.html")}
    wrong = set()
    for path, page in read.items():
        name = path.relative_to(site)
        wrong |= {
            f"{name} loads {url}"
            for url in page.loads
            if pages.elsewhere(url) and not url.startswith("data:")
        }
        if path.name == "404.html":  # its links are those of the site's root
            continue
        for url in page.links | page.loads:
            if pages.elsewhere(url):
                continue
            file, _, anchor = unquote(url.split("?")[0]).partition("#")
            target = (path.parent / file).resolve() if file else path
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                wrong.add(f"{name} links to {url}, which does not exist")
            elif anchor and target in read and anchor not in read[target].ids:
                wrong.add(f"{name} links to {url}, which has no such place")
    return wrong


class _Page(HTMLParser):
    """What a page names: its ids, where it links to, what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value for name, value in attrs if value}
        self.ids |= {has[name] for name in ("id", "name") if name in has}
        if tag == "a" and "href" in has:
            self.links.add(has["href"])
        elif tag == "link" and has.get("rel") in {"stylesheet", "icon", "preload", "preconnect"}:
            self.loads.add(has["href"])
        elif "src" in has:
            self.loads.add(has["src"])


if __name__ == "__main__":
    main()
