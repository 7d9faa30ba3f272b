"""Frames and reports say which dmkit made them."""

from __future__ import annotations

import subprocess

import pytest

import dmkit as dm
from dmkit.sim.provenance import commit, made_by


def git(folder, *words):
    names = ["-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *names, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    try:
        git(tmp_path, "init", "-q")
    except OSError:
        pytest.skip("no git here")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "one")
    return tmp_path


def test_the_commit_is_the_one_that_git_names(checkout):
    assert commit(checkout) == git(checkout, "rev-parse", "HEAD")


def test_a_detached_head_a_packed_reference_and_a_worktree(checkout):
    wanted = git(checkout, "rev-parse", "HEAD")
    git(checkout, "worktree", "add", "-q", "-b", "other", "below")
    assert commit(checkout / "below") == wanted
    git(checkout, "pack-refs", "--all")
    commit.cache_clear()
    assert commit(checkout) == commit(checkout / "below") == wanted
    git(checkout, "checkout", "-q", "--detach")
    commit.cache_clear()
    assert commit(checkout) == wanted


def test_no_checkout_no_commit(tmp_path):
    assert commit(tmp_path) == ""


def test_a_frame_carries_version_and_commit():
    frame = dm.measure.package_cost([1], [2000], progress=False)
    assert {"version", "commit"} <= set(frame.attrs)
    assert frame.attrs["commit"] == made_by()["commit"]
