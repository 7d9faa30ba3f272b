"""What a server tells of jobs and alerts is bounded, for one that runs for months."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.words.kept import keep


@pytest.mark.parametrize("most", [0, 1, 3])
def test_of_many_jobs_and_alerts_the_last_are_kept(most):
    device = dm.Device.example()
    server = dm.Server.example(device)
    server.max_results = most
    for at in range(9):
        dm.converse(device, server, job=dm.jobs.write("./APN/Name", str(at)))
        for kept in (server.results, server.alerts):
            assert min(at + 1, most) <= len(kept) <= 2 * most
    assert [alert.alert.code for _, alert in server.alerts[-most:]] == [1201] * most
    before = server.snapshot()
    server.restore(before)
    assert server.snapshot() == before


def test_a_list_is_cut_once_it_is_twice_as_long():
    kept, lengths = [], []
    for at in range(10):
        keep(kept, at, 3)
        lengths.append(len(kept))
        assert kept[-3:] == list(range(10))[: at + 1][-3:]
    assert lengths == [1, 2, 3, 4, 5, 6, 3, 4, 5, 6]
