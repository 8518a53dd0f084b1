"""The environment is checked at the start: one line per fault, and no secret in any of them."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from py_vapid import Vapid02

from tracking.errors import ConfigurationError
from tracking.local.folder import remember, secret_key, settings_for, vapid_key
from tracking.local.up import _environment
from tracking.settings import load_settings
from tracking.vapid import new_vapid_key, private_key

# RFC 7515, appendix A.3: a private key, and where its public point lies.
VAPID = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("KLAT_DATA_DIR", str(tmp_path))
    return monkeypatch


@pytest.mark.parametrize(
    ("variable", "value", "fault"),
    [
        ("KLAT_HTTP_PORT", "http", "Input should be a valid integer"),
        ("KLAT_HTTP_PORT", "70000", "less than or equal to 65535"),
        ("KLAT_OPS_PROT", "9090", "unknown variable, did you mean KLAT_OPS_PORT?"),
        ("KLAT_SURPRISE", "1", "unknown variable"),
        ("KLAT_DATABASE_URL", "mysql://u:hunter2@h/d", "must start with postgresql://"),
        ("KLAT_DATABASE_URL", "postgresql://", "names no host"),
        ("KLAT_DATABASE_URL", "postgresql:///klat?sslmode=require", "names no host"),
        ("KLAT_AMQP_URL", "amqp:///klat?heartbeat=5", "names no host"),
        ("KLAT_AMQP_URL", "amqp://u:hunter2@h:rabbit", "is not an address"),
        ("KLAT_PUBLIC_URL", "https://t.example/?a=b", "must be a plain address"),
        ("KLAT_PUBLIC_URL", "https://t.example/?", "must be a plain address"),
        ("KLAT_PUBLIC_URL", "https://t.example#", "must be a plain address"),
        ("KLAT_PUBLIC_URL", "HTTPS://t.example", "must be a plain address"),
        ("KLAT_PUBLIC_URL", "https://t.example/o'b", "must be a plain address"),
        ("KLAT_LOG_FORMAT", "xml", "'json' or 'console'"),
        ("KLAT_SECRET_KEYS", "hunter2", "key 1 is not 32 bytes in URL-safe base64"),
        ("KLAT_INGEST_QUEUES", "0", "greater than or equal to 1"),
        ("KLAT_SMTP_URL", "smtp://u:hunter2@h?tls=1", "starttls=0 or starttls=1"),
        ("KLAT_DEMO", "perhaps", "Input should be a valid boolean"),
        ("KLAT_VAPID_PRIVATE_KEY", "hunter2", "is no P-256 private key: make one with"),
        ("KLAT_VAPID_PRIVATE_KEY", "A" * 43, "is no P-256 private key"),
        ("KLAT_VAPID_PRIVATE_KEY", "_" * 43, "is no P-256 private key"),
        ("KLAT_VAPID_PRIVATE_KEY", "-----BEGIN hunter2", "is no P-256 private key"),
        ("KLAT_VAPID_SUBJECT", "ops@shop.example", "must be mailto: with an address, or https://"),
        ("KLAT_VAPID_SUBJECT", "http://shop.example", "must be mailto: with an address"),
        ("KLAT_SMS_COUNTRIES", "LV,Latvia", "'Latvia' is not a country's code such as LV"),
        ("KLAT_SMS_COUNTRIES", ",", "at least 1 item"),
        ("KLAT_SMS_PRICES", "LV=0.045,LT", "'LT' is not a country and a price such as LV=0.045"),
        ("KLAT_SMS_PRICES", "LV=0.045,LV=0.05", "names LV more than once"),
        ("KLAT_SMS_PRICES", "LV=cheap", "LV: 'cheap' is not an amount such as 0.045"),
        ("KLAT_SMS_CURRENCY", "EURO", "'EURO' is not a currency's code such as EUR"),
        ("KLAT_SMS_DAILY_CAP", "-5", "'-5' is not an amount"),
        ("KLAT_SMS_DAILY_CAP", "20 EUR", "'20 EUR' is not an amount"),
        ("KLAT_SMS_ALIKE", "-1", "greater than or equal to 0"),
        ("KLAT_SMS_RATE", "0", "greater than 0"),
        ("KLAT_SMS_RATE", "nan", "finite"),
        ("KLAT_SMS_CONCURRENCY", "0", "greater than or equal to 1"),
        ("KLAT_MAIL_RATE", "inf", "finite"),
        ("KLAT_MAIL_CONCURRENCY", "many", "valid integer"),
        ("KLAT_SMS_PROVIDER", "pigeon", "'none', 'twilio', 'smpp' or 'http'"),
        ("KLAT_SMS_URL", "http://sms.example/send", "must start with https:// unless"),
        ("KLAT_SMS_URL", "http://8.8.8.8/send", "must start with https:// unless"),
        ("KLAT_SMS_URL", "http://localhost.evil.example/", "must start with https:// unless"),
        ("KLAT_SMS_URL", "https://u:hunter2@sms.example/", "without user, query and #"),
        ("KLAT_SMS_URL", "https://sms.example/?key=hunter2", "without user, query and #"),
        ("KLAT_SMS_URL", "ftp://sms.example/", "must start with http:// or https://"),
        ("KLAT_SMS_IDEMPOTENT", "2", "less than or equal to 1"),
        ("KLAT_SMS_CALLBACK_SECRET", "hunter2", "must be whsec_ and 24 to 64 random bytes"),
        ("KLAT_SMS_CALLBACK_SECRET", "whsec_aHVudGVyMg==", "must be whsec_ and 24 to 64"),
        ("KLAT_SMPP_URL", "http://u:hunter2@h", "must start with smpp:// or smpps://"),
        ("KLAT_MAIL_CALLBACK_SECRET", "hunter2", "must be 20 or more letters"),
        ("KLAT_MAIL_CALLBACK_SECRET", "hunter2 " * 5, "must be 20 or more letters"),
        ("KLAT_OIDC_ISSUER", "http://id.example", "must start with https://"),
        ("KLAT_OIDC_ISSUER", "https://u:hunter2@id.example", "without user and #"),
        ("KLAT_OIDC_ISSUER", "https://id.example/?key=hunter2", "without a query"),
        ("KLAT_OIDC_ISSUER", "https://id.example:port", "is not an address"),
        ("KLAT_OIDC_NAME", "a" * 41, "at most 40 characters"),
        ("KLAT_PASSWORD_LOGIN", "sometimes", "valid boolean"),
    ],
)
def test_a_fault_is_one_line_that_names_the_variable(monkeypatch, variable, value, fault):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    line = str(caught.value)
    assert line.startswith(f"{variable}: ")
    assert fault in line
    assert "\n" not in line
    assert "hunter2" not in line


def test_the_whole_contract_is_accepted(monkeypatch):
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    contract = {
        "DATABASE_URL": "postgresql://klat:hunter2@db-1:5432,db-2:5432/klat",
        "AMQP_URL": "amqps://klat:hunter2@mq/klat",
        "HTTP_PORT": "80",
        "OPS_PORT": "81",
        "PUBLIC_URL": "https://track.example.com/",
        "LOG_FORMAT": "json",
        "SECRET_KEYS": ", ".join(keys),
        "INGEST_QUEUES": "16",
        "SMTP_URL": "smtp://user:hunter2@mail:587?starttls=1",
        "MAIL_CALLBACK_SECRET": "hunter2-hunter2-hunter2",
        "SMS_PROVIDER": "twilio",
        "SMS_URL": "https://sms.example/v1/send",
        "SMS_TOKEN": "hunter2",
        "SMS_FROM": "Veikals",
        "SMS_IDEMPOTENT": "1",
        "SMS_CALLBACK_SECRET": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
        "SMPP_URL": "smpps://klat:hunter2@smsc.example/?window=10",
        "SMS_COUNTRIES": "LV, LT",
        "SMS_PRICES": "LV=0.045, LT=0.04, *=0.09",
        "SMS_CURRENCY": "EUR",
        "SMS_DAILY_CAP": "250.50",
        "SMS_ALIKE": "0",
        "SMS_RATE": "0.5",
        "SMS_CONCURRENCY": "4",
        "MAIL_RATE": "10",
        "MAIL_CONCURRENCY": "1",
        "TWILIO_API_URL": "https://api.example.com",
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": "hunter2",
        "TWILIO_FROM": "+37120000000",
        "DEMO": "1",
        "VAPID_PRIVATE_KEY": VAPID,
        "VAPID_SUBJECT": "mailto:ops@shop.example",
    }
    for name, value in contract.items():
        monkeypatch.setenv(f"KLAT_{name}", value)
    settings = load_settings()
    assert settings.public_url == "https://track.example.com"
    assert [key.get_secret_value() for key in settings.secret_keys] == keys
    assert dict(settings.sms_prices) == {"LV": 45_000, "LT": 40_000, "*": 90_000}
    assert (settings.sms_countries, settings.sms_daily_cap) == (("LV", "LT"), 250_500_000)
    assert settings.broker() == contract["AMQP_URL"]
    assert "hunter2" not in repr(settings)
    assert keys[0] not in repr(settings)
    assert VAPID not in repr(settings)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "10.0.0.7:8080", "gateway", "sms.internal"]
)
def test_a_gateway_in_ones_own_network_may_speak_plain_http(monkeypatch, host):
    monkeypatch.setenv("KLAT_SMS_URL", f"http://{host}/send")
    assert load_settings().sms_url == f"http://{host}/send"


def test_several_faults_of_one_list_are_several_lines(monkeypatch):
    monkeypatch.setenv("KLAT_SMS_PRICES", "LV=0.045,XX=1,LT")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert [line[:25] for line in str(caught.value).splitlines()] == [
        "KLAT_SMS_PRICES: 'XX' is ",
        "KLAT_SMS_PRICES: 'LT' is ",
    ]


def test_classes_of_data_are_kept_as_it_is_said_and_each_fault_is_a_line(monkeypatch):
    monkeypatch.setenv("KLAT_RETENTION", "contacts=30d, audit=365d")
    assert list(map(str, load_settings().retention)) == ["contacts=30d", "audit=365d"]
    monkeypatch.setenv("KLAT_RETENTION", "contact=30d,audit=0d,links")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    lines = str(caught.value).splitlines()
    assert [line.split(";")[0][:42] for line in lines] == [
        "KLAT_RETENTION: knows no 'contact'",
        "KLAT_RETENTION: audit: from 1d to 3650d",
        "KLAT_RETENTION: 'links' is not a class of ",
    ]
    monkeypatch.setenv("KLAT_RETENTION", "links=9d,links=8d")
    with pytest.raises(ConfigurationError, match="names links more than once"):
        load_settings()


def test_a_database_may_be_named_by_its_options_alone(monkeypatch):
    monkeypatch.setenv("KLAT_DATABASE_URL", "postgresql:///klat?host=/var/run/postgresql")
    assert load_settings().database().endswith("/postgresql")


def test_an_empty_variable_is_an_unset_one(monkeypatch):
    monkeypatch.setenv("KLAT_HTTP_PORT", "")
    assert load_settings().http_port == 8080


def test_links_lead_to_the_http_port_unless_told_otherwise(monkeypatch):
    monkeypatch.setenv("KLAT_HTTP_PORT", "8181")
    assert load_settings().public_url == "http://127.0.0.1:8181"


def test_a_command_finds_the_stack_of_the_data_folder(monkeypatch, tmp_path):
    left = {"database_url": "postgresql://a@b/c", "amqp_url": "amqp://left@b", "http_port": 8123}
    remember(tmp_path, {"web": 9090, "ingest": 9091}, **left)
    key = secret_key(tmp_path)
    monkeypatch.setenv("KLAT_AMQP_URL", "amqp://given@b")
    settings = settings_for(tmp_path)
    assert settings.database() == "postgresql://a@b/c"
    assert settings.broker() == "amqp://given@b"
    assert settings.public_url == "http://127.0.0.1:8123"
    assert [known.get_secret_value() for known in settings.secret_keys] == [key]
    assert secret_key(tmp_path) == key
    assert (tmp_path / "stack.json").stat().st_mode & 0o077 == 0
    assert (tmp_path / "secret-keys").stat().st_mode & 0o077 == 0


def test_who_joins_a_demo_is_part_of_it_unless_told_otherwise(monkeypatch, tmp_path):
    remember(tmp_path, {}, demo=True)
    assert settings_for(tmp_path).demo
    monkeypatch.setenv("KLAT_DEMO", "0")
    assert not settings_for(tmp_path).demo


@pytest.mark.parametrize(("demo", "told"), [(True, "1"), (False, "0")])
def test_every_role_of_a_stack_is_told_whether_it_is_a_demo(tmp_path, demo, told):
    settings = load_settings(demo=demo, data_dir=tmp_path)
    assert _environment(settings, "postgresql://h/d", "amqp://h")["KLAT_DEMO"] == told


def test_without_a_stack_the_command_says_what_is_missing(tmp_path):
    with pytest.raises(ConfigurationError, match="KLAT_DATABASE_URL: is not set"):
        settings_for(tmp_path).database()


def test_the_process_ends_with_one_line_per_fault_and_78(monkeypatch):
    monkeypatch.setenv("KLAT_HTTP_PORT", "http")
    monkeypatch.setenv("KLAT_DATABASE_URL", "mysql://u:hunter2@h/d")
    monkeypatch.setenv("KLAT_SURPRISE", "1")
    klat = Path(sys.executable).with_name("klat")
    ended = subprocess.run([klat, "env"], capture_output=True, text=True, check=False)
    assert ended.returncode == 78
    assert ended.stdout == ""
    assert [line.split(":")[0] for line in ended.stderr.splitlines()] == [
        "KLAT_SURPRISE",
        "KLAT_DATABASE_URL",
        "KLAT_HTTP_PORT",
    ]
    assert "hunter2" not in ended.stderr


def test_a_stack_with_keys_of_its_own_is_found_though_it_made_none(tmp_path):
    remember(tmp_path, {}, database_url="postgresql://u@h/d", amqp_url="amqp://h")
    assert settings_for(tmp_path).database() == "postgresql://u@h/d"


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("spelt", ["as tools write it", "padded", "pem", "sec1"])
def test_a_key_for_push_is_taken_as_tools_write_it_and_as_pem(monkeypatch, spelt):
    """Its public half is that of the RFC."""
    key = private_key(VAPID)
    formats = {"pem": PrivateFormat.PKCS8, "sec1": PrivateFormat.TraditionalOpenSSL}
    told = {"as tools write it": VAPID, "padded": f"{VAPID}="}
    if spelt in formats:
        plain = NoEncryption()
        told[spelt] = key.private_bytes(Encoding.PEM, formats[spelt], plain).decode()
    monkeypatch.setenv("KLAT_VAPID_PRIVATE_KEY", told[spelt])
    public = load_settings().push_key()
    assert _decoded(public) == b"\4" + _decoded(X) + _decoded(Y)
    assert "=" not in public


def test_pem_of_another_kind_of_key_is_refused(monkeypatch):
    for key in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        monkeypatch.setenv("KLAT_VAPID_PRIVATE_KEY", text)
        with pytest.raises(ConfigurationError, match="is no P-256 private key"):
            load_settings()


@pytest.mark.parametrize(
    ("given", "contact"),
    [
        ({"VAPID_SUBJECT": "mailto:ops@shop.example"}, "mailto:ops@shop.example"),
        ({"VAPID_SUBJECT": "https://shop.example/"}, "https://shop.example"),
        ({"MAIL_FROM": "parcels@shop.example"}, "mailto:parcels@shop.example"),
        ({}, "https://track.example.com"),
        ({"PUBLIC_URL": "https://track.example.com:8443"}, "mailto:postmaster@track.example.com"),
        ({"PUBLIC_URL": "http://127.0.0.1:8080"}, "mailto:postmaster@127.0.0.1"),
    ],
)
def test_push_services_are_told_whom_to_turn_to(monkeypatch, given, contact):
    """In a form that the library that signs takes, too."""
    for name, value in ({"PUBLIC_URL": "https://track.example.com/"} | given).items():
        monkeypatch.setenv(f"KLAT_{name}", value)
    found = load_settings().push_contact()
    assert found == contact
    assert Vapid02(private_key(VAPID)).sign({"aud": "https://p.example", "sub": found})


def test_a_folder_makes_its_key_for_push_once(tmp_path):
    key = vapid_key(tmp_path)
    assert vapid_key(tmp_path) == key
    assert (tmp_path / "vapid-key").stat().st_mode & 0o077 == 0
    assert settings_for(tmp_path).vapid_private_key.get_secret_value() == key
    assert len({new_vapid_key() for _ in range(100)}) == 100


def test_klat_keys_vapid_prints_a_key_alone_on_the_last_line(monkeypatch):
    klat = Path(sys.executable).with_name("klat")
    said = subprocess.run([klat, "keys", "vapid"], capture_output=True, text=True, check=True)
    monkeypatch.setenv("KLAT_VAPID_PRIVATE_KEY", said.stdout.splitlines()[-1])
    assert load_settings().push_key()
