"""Temporary folders: what is left behind is swept away, and nothing else."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from sse_inspect.store.capture import temporary
from sse_inspect.store.capture.temporary import TemporaryFolder, sweep

LATER = 1e9


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_its_owners_alone_and_goes_with_it(parent: Path) -> None:
    folder = TemporaryFolder()
    assert folder.path.parent == parent
    assert folder.path.stat().st_mode & 0o777 == 0o700
    (folder.path / "session.sse").touch()
    sweep(parent, now=time.time() + LATER)
    assert (folder.path / "session.sse").exists()
    folder.remove()
    assert list(parent.iterdir()) == []


def test_what_somebody_left_is_swept_but_not_while_it_is_young(parent: Path) -> None:
    folder = TemporaryFolder()
    os.close(folder._lock)  # as the system does when a process dies
    sweep(parent, now=time.time())
    assert folder.path.exists()
    sweep(parent, now=time.time() + LATER)
    assert not folder.path.exists()


def test_what_this_program_did_not_make_is_left_alone(parent: Path) -> None:
    for name, mode in (("sse-inspect-mine", 0o700), ("sse-inspect-open", 0o755), ("other", 0o700)):
        (parent / name).mkdir()
        (parent / name / temporary._MARK).write_bytes(b"" if mode == 0o700 else temporary._SAYS)
        (parent / name).chmod(mode)
    (parent / "sse-inspect-pipe").mkdir(0o700)
    os.mkfifo(parent / "sse-inspect-pipe" / temporary._MARK)
    (parent / "sse-inspect-link").symlink_to(parent / "other")
    (parent / "sse-inspect-file").touch()
    before = sorted(parent.rglob("*"))
    sweep(parent, now=time.time() + LATER)
    assert sorted(parent.rglob("*")) == before
