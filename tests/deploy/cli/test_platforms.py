"""What a command keeps for itself in a folder that everybody may write to."""

import os
from pathlib import Path

import pytest

from deploy.cli.platforms import league_archive
from deploy.local.stack import StackError


def test_leagues_are_kept_in_a_folder_of_ones_own_and_nobody_elses_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    archive = league_archive(1, 1)
    (folder,) = tmp_path.iterdir()
    assert folder in archive.parents
    assert folder.stat().st_mode & 0o777 == 0o700
    somebody = os.getuid() + 1
    monkeypatch.setattr("os.getuid", lambda: somebody)
    folder.rename(tmp_path / f"nba-props-leagues-{somebody}")
    with pytest.raises(StackError, match="belongs to somebody else; name another in TMPDIR"):
        league_archive(1, 1)
