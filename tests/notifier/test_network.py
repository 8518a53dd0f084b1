"""What is on the internet, by address and by URL; everything else is somebody's inside."""

import pytest

from schemas.network import LONGEST_URL, is_public, outgoing_url

INSIDE = [
    *("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
    *("169.254.169.254", "0.0.0.0", "0.1.2.3", "100.64.0.1", "100.127.255.255"),
    *("192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1"),
    *("100::1", "2001:db8::1", "3fff::1", "5f00::1", "4000::1"),
    *("::7f00:1", "::10.0.0.1"),  # compatible addresses, of old
    *("::ffff:10.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::ffff:0.0.0.0"),
    *("2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::"),  # 6to4
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
    *("64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1"),  # NAT64
    "64:ff9b:1::808:808",  # NAT64 of one's own network
    "2606:4700:4700::1111%eth0",
]
OUTSIDE = [
    *("8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1"),
    *("2606:4700:4700::1111", "2a00:1450:4001::8a"),
    *("::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::808:808"),
]
NONE_AT_ALL = ["", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "1.2.3", "[::1]"]


@pytest.mark.parametrize("address", INSIDE + NONE_AT_ALL)
def test_an_address_inside_is_refused_however_it_is_wrapped(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_on_the_internet_is_taken(address):
    assert is_public(address)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("https://shop.example/hooks", "https://shop.example/hooks"),
        ("https://shop.example", "https://shop.example/"),
        ("HTTPS://Shop.Example:443/a?b=c&d=%20", "https://shop.example/a?b=c&d=%20"),
        ("https://shop.example:8443/", "https://shop.example:8443/"),
        ("https://shop.example./", "https://shop.example/"),
        ("https://pērles.example/a", "https://xn--prles-iza.example/a"),
        ("https://БЪЛГАРИЯ.example/", "https://xn--80abgvm6a7d2b.example/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700:4700:0::1111]/", "https://[2606:4700:4700::1111]/"),
    ],
)
def test_an_address_has_one_spelling(told, kept):
    assert outgoing_url(told) == kept
    assert outgoing_url(kept) == kept


REFUSED = {
    "http://shop.example/": "must start with https://",
    "ftp://shop.example/": "must start with https://",
    "//shop.example/": "must start with https://",
    "shop.example": "must start with https://",
    "javascript:alert(1)": "must start with https://",
    "https://": "names no host",
    "https:///path": "names no host",
    "https://user@shop.example/": "must hold no user or password",
    "https://good.example@10.0.0.1/": "must hold no user or password",
    "https://good.example\\@10.0.0.1/": "a character that no address has",
    "https://shop.example/#a": "must hold no fragment",
    "https://shop.example/#": "must hold no fragment",
    "https://shop.example/a b": "a character that no address has",
    "https://shop.exa\nmple/": "a character that no address has",
    "https://shop.example/\0": "a character that no address has",
    "https://shop.example/ā": "must be percent-encoded",
    'https://shop.example/"': "must be percent-encoded",
    "https://shop.example:25/": "must use port 443 or 8443",
    "https://shop.example:0/": "must use port 443 or 8443",
    "https://shop.example:80/": "must use port 443 or 8443",
    "https://shop.example:99999/": "is not an address",
    "https://[::1/": "is not an address",
    "https://localhost/": "names no host on the internet",
    "https://localhost./": "names no host on the internet",
    "https://intranet/": "names no host on the internet",
    "https://10.0.0.1/": "names no host on the internet",
    "https://169.254.169.254/latest": "names no host on the internet",
    "https://[::ffff:10.0.0.1]/": "names no host on the internet",
    "https://[::]/": "names no host on the internet",
    "https://[64:ff9b::a9fe:a9fe]/": "names no host on the internet",
    "https://2130706433/": "names no host",
    "https://0x7f000001/": "names no host",
    "https://0177.0.0.1/": "names no host",
    "https://127.1/": "names no host",
    "https://127.0.0.1./": "names no host on the internet",
    "https://a_b.example/": "names no host",
    "https://-a.example/": "names no host",
    "https://a..example/": "names no host",
    f"https://{'a' * 64}.example/": "names no host",
    f"https://shop.example/{'a' * LONGEST_URL}": "is longer than",
}


@pytest.mark.parametrize(("told", "why"), REFUSED.items())
def test_a_wrong_address_is_refused_with_a_reason_that_does_not_repeat_it(told, why):
    with pytest.raises(ValueError, match=why) as caught:
        outgoing_url(told)
    assert told not in str(caught.value)


@pytest.mark.parametrize(
    "told", ["http://127.0.0.1:5000/hook", "http://shop/", "http://[::1]:80/", "https://10.1.2.3/"]
)
def test_an_operator_may_allow_what_lies_inside(told):
    assert outgoing_url(told, allow_private=True)
    with pytest.raises(ValueError, match=r"must|names"):
        outgoing_url(told)


@pytest.mark.parametrize(
    "told", ["ftp://shop/", "http://u:p@shop/", "http://0177.0.0.1/", "http://shop/#a"]
)
def test_but_nothing_else(told):
    with pytest.raises(ValueError, match=r"must|names"):
        outgoing_url(told, allow_private=True)
