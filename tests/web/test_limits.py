"""Token buckets, and who is calling behind a proxy."""

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from tracking.web.limits import Buckets, client_address


class Steady:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_bucket_empties_and_fills_again():
    clock = Steady()
    buckets = Buckets(burst=3, per_second=0.5, clock=clock)
    assert [buckets.take("a") for _ in range(5)] == [True, True, True, False, False]
    assert buckets.take("b")
    clock.now = 1.9
    assert not buckets.take("a")  # 1.9 s * 0.5 = 0.95
    clock.now = 2.0
    assert buckets.take("a")
    clock.now = 1000
    assert [buckets.take("a") for _ in range(4)] == [True, True, True, False]


def test_the_longest_unused_names_are_forgotten(monkeypatch):
    monkeypatch.setattr("tracking.web.limits._REMEMBERED", 2)
    buckets = Buckets(burst=1, per_second=0, clock=Steady())
    assert [buckets.take(name) for name in "aabcca"] == [True, False, True, True, False, True]


class From:
    def __init__(self, peer):
        self.peer = peer

    def get_extra_info(self, name, default=None):
        return (self.peer, 1) if name == "peername" else default


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "1.1.1.1, 203.0.113.7", "203.0.113.7"),
        ("::1", "2001:db8::7", "2001:db8::/64"),
        ("::1", "2001:db8::1:2:3:4%eth0", "2001:db8::/64"),
        ("::ffff:127.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:0:1::7", None, "2001:db8:0:1::/64"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        # a proxy in another container, on another host, behind another proxy
        ("172.17.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.1.2.3", "203.0.113.7, 192.168.7.7, 100.64.0.1,169.254.1.1", "203.0.113.7"),
        ("fd12::1", "2001:db8::7, fe80::1%eth0, ::ffff:10.0.0.1", "2001:db8::/64"),
        ("172.31.255.255", "203.0.113.7", "203.0.113.7"),
        ("172.32.0.0", "203.0.113.7", "172.32.0.0"),
        ("100.127.255.255", "203.0.113.7", "203.0.113.7"),
        ("100.128.0.0", "203.0.113.7", "100.128.0.0"),
        # nobody chooses an address for himself: not who connects, not who is written down
        ("8.8.8.8", "203.0.113.7", "8.8.8.8"),
        ("::ffff:8.8.8.8", "203.0.113.7", "8.8.8.8"),
        ("2001:db8::1", "203.0.113.7", "2001:db8::/64"),
        ("10.1.2.3", "192.0.2.1, 203.0.113.7", "203.0.113.7"),
        ("10.1.2.3", "10.9.9.9, 203.0.113.7", "203.0.113.7"),
        # inside a private network everybody has such an address; the first one named is the caller
        ("10.1.2.3", "192.168.1.50", "192.168.1.50"),
        ("10.1.2.3", "192.168.1.50, 10.1.2.4", "192.168.1.50"),
        # as some proxies write it
        ("10.1.2.3", "203.0.113.7:4711", "203.0.113.7"),
        ("10.1.2.3", "[2001:db8::7]:4711", "2001:db8::/64"),
        ("10.1.2.3", "[2001:db8::7%eth0]", "2001:db8::/64"),
        ("10.1.2.3", "[::ffff:203.0.113.7]:80", "203.0.113.7"),
        # an entry that names nobody ends the chain: what stands before it may be anybody's
        ("10.1.2.3", "203.0.113.7, unknown", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.7, unknown, 10.1.2.4", "10.1.2.4"),
        ("10.1.2.3", "203.0.113.7,", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.7:", "10.1.2.3"),
        ("10.1.2.3", "[203.0.113.7", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.07", "10.1.2.3"),
        ("10.1.2.3", "," * 8000, "10.1.2.3"),
        ("unix", "203.0.113.7", "unix"),
    ],
)
def test_only_a_proxy_of_ours_says_for_whom_it_calls(peer, forwarded, caller):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = make_mocked_request("GET", "/", headers=headers, transport=From(peer))
    assert client_address(request) == caller


def test_a_header_that_stands_twice_is_one_list():
    headers = CIMultiDict([("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "203.0.113.7")])
    request = make_mocked_request("GET", "/", headers=headers, transport=From("10.1.2.3"))
    assert client_address(request) == "203.0.113.7"
