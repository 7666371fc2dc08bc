"""Who speaks, over wall time."""

from monitor.lease import LEASE_S, Lease, name_of


def test_a_monitor_that_hears_nobody_leads():
    assert Lease("a", now_s=0).leads(0)


def test_a_follower_takes_over_when_the_leader_falls_silent():
    lease = Lease("b", now_s=0)
    lease.hear("a", 0)
    assert not lease.leads(LEASE_S)
    lease.hear("a", 4)
    assert not lease.leads(4 + LEASE_S)
    assert lease.leads(4.1 + LEASE_S)


def test_of_two_leaders_the_greater_name_yields():
    small, great = Lease("a", now_s=0), Lease("b", now_s=0)
    assert small.leads(1) and great.leads(1)
    small.hear("b", 1)
    great.hear("a", 1)
    assert small.leads(1) and not great.leads(1)


def test_a_follower_stays_one_whatever_the_leaders_name():
    lease = Lease("a", now_s=0)
    lease.leads(0)
    lease.hear("a", 0)
    assert lease.leads(0)


def test_a_new_monitor_listens_before_it_decides():
    lease = Lease("a", now_s=10)
    assert not lease.settled(10.5) and lease.settled(11)


def test_a_restarted_monitor_does_not_wait_for_its_own_last_word():
    before, now, other = (
        name_of("monitor-1", "e1", "aa"),
        name_of("monitor-1", "e1", "bb"),
        name_of("monitor-2", "e2", "cc"),
    )
    lease = Lease(now, now_s=0)
    lease.hear(before, 0, retained=True)
    assert lease.leads(0)
    lease = Lease(now, now_s=0)
    lease.hear(other, 0, retained=True)
    assert not lease.leads(1)
    twin = Lease(now, now_s=0)
    twin.hear(before, 0)
    assert not twin.leads(1)
