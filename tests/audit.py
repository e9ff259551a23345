"""Known vulnerabilities of the installed packages, by pip-audit: `python tests/audit.py`.

pip-audit calls a package that its database did not answer for "skipped", and with all of them
skipped still ends well. So it is first asked for a version whose vulnerability has long been known:
only a database that names it is believed. Without one this says "not audited" and stops nobody.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

KNOWN = "jinja2==3.1.4"  # GHSA-q2x7-8rv6-6q7h, of December 2024
# Accepted, each with its reason.
IGNORED: dict[str, str] = {}
PATIENCE = 20, 300  # seconds: for the question whether it answers, for all packages

Ask = Callable[[Sequence[str], int], dict[str, Any]]


def ask(arguments: Sequence[str], seconds: int) -> dict[str, Any]:
    """What pip-audit found, or nothing where it failed."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off",
               "--timeout", "5", *arguments]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
        found: dict[str, Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}
    return found


def audit(ask: Ask = ask) -> tuple[list[str], int]:
    """Lines for people; 1 where a vulnerability has a release that mends it, else 0."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "known.txt")
        with open(path, "w") as file:
            file.write(KNOWN)
        known = ask(["--requirement", path, "--no-deps", "--disable-pip"], PATIENCE[0])
    if not any(package.get("vulns") for package in known.get("dependencies", ())):
        return ["not audited: the database of known vulnerabilities does not answer"], 0
    installed = ask(["--local", "--skip-editable"], PATIENCE[1]).get("dependencies", [])
    if not installed:
        return ["not audited: pip-audit did not finish"], 0
    lines, code = [], 0
    for package in installed:
        for found in package.get("vulns", ()):
            if IGNORED.keys() & {found["id"], *found.get("aliases", ())}:
                continue
            fixes = ", ".join(found["fix_versions"])
            code |= bool(fixes)
            ending = f"mended in {fixes}" if fixes else "no release mends it yet"
            lines.append(f"{package['name']} {package['version']}: {found['id']}, {ending}")
    skipped = [package["name"] for package in installed if "skip_reason" in package]
    if skipped:
        lines.append(f"not audited: {', '.join(skipped)}")
    audited = len(installed) - len(skipped)
    return [*lines, f"{audited} packages audited, {len(lines) - bool(skipped)} vulnerable"], code


if __name__ == "__main__":
    lines, code = audit()
    print("\n".join(lines))
    sys.exit(code)
