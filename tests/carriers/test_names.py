import pytest
from pydantic import TypeAdapter

from schemas.scan import CarrierCode
from tracking.carriers.names import carrier_code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("FedEx", "fedex"),
        ("FedexSmartPost", "fedex"),
        ("UPS", "ups"),
        ("dhl_express", "dhl"),
        ("DHLParcel", "dhl"),
        ("dpd-poland", "dpd"),
        ("usps", "usps"),
        ("Lietuvos Paštas", "unisend"),
        ("lietuvos-pastas", "unisend"),
        ("17post", "carrier-17post"),
        ("X", "carrier-x"),
        ("A very long name of a carrier in a far country", "a-very-long-name-of-a-carrier-in"),
        ("Почта", "carrier"),
    ],
)
def test_the_name_of_a_carrier_becomes_its_code(name, code):
    assert carrier_code(name) == code
    assert TypeAdapter(CarrierCode).validate_python(code) == code
