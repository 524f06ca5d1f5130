"""The audit of the locks says what it found, and never that all is well when it could not ask."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.cli.audit import KNOWN, main

BAD = {"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"], "aliases": [], "description": ""}


def auditor(tmp_path: Path, *, known: Any, locks: Any = None, error: str = "") -> list[str]:
    """Stands in for pip-audit: says one thing about the package with an advisory, another about a lock."""
    script = f"""
import sys
text = open(sys.argv[-1]).read()
said = {json.dumps(known)!r} if {KNOWN!r} in text else {json.dumps(locks)!r}
if said == 'null':
    sys.stderr.write("ERROR:pip_audit._cli:" + {error!r})
else:
    print(said)
sys.exit(1)
"""
    path = tmp_path / "auditor.py"
    path.write_text(script)
    return [sys.executable, str(path)]


def packages(*vulns: Any) -> dict[str, Any]:
    return {"dependencies": [{"name": "some", "version": "1.0", "vulns": list(vulns)}], "fixes": []}


def test_locks_without_advisories_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(auditor=auditor(tmp_path, known=packages(BAD), locks=packages())) == 0
    assert "requirements-dev.txt: no advisories" in capsys.readouterr().out


def test_an_advisory_is_told_with_its_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(auditor=auditor(tmp_path, known=packages(BAD), locks=packages(BAD))) == 1
    assert "some 1.0: PYSEC-2019-217, fixed in 2.10.1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("known", "locks", "why"),
    [
        (None, packages(), "cannot be reached"),
        (packages(BAD), None, "cannot be reached"),
        (packages(), packages(), "names no advisory"),
        (packages(BAD), {"dependencies": [{"name": "some", "skip_reason": "?"}]}, "does not know some"),
        (packages(BAD), {"dependencies": []}, "pins nothing"),
        (packages(BAD), [], "said nothing"),
    ],
)
def test_without_an_answer_nothing_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], known: Any, locks: Any, why: str
) -> None:
    assert main(auditor=auditor(tmp_path, known=known, locks=locks, error="cannot be reached")) == 2
    said = capsys.readouterr().out
    assert said.startswith("NOT AUDITED: ")
    assert why in said.replace("\n", " ")


def test_without_an_auditor_nothing_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(auditor=[str(tmp_path / "absent")]) == 2
    assert "NOT AUDITED" in capsys.readouterr().out
