"""The environment is checked at the start: one line per fault, and no secret in any of them."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tracking.errors import ConfigurationError
from tracking.local.folder import remember, secret_key, settings_for
from tracking.settings import load_settings


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
        ("KLAT_LOG_FORMAT", "xml", "'json' or 'console'"),
        ("KLAT_SECRET_KEYS", "hunter2", "key 1 is not 32 bytes in URL-safe base64"),
        ("KLAT_INGEST_QUEUES", "0", "greater than or equal to 1"),
        ("KLAT_SMTP_URL", "smtp://u:hunter2@h?tls=1", "starttls=0 or starttls=1"),
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
        "SMS_PROVIDER": "twilio",
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
        "VAPID_PRIVATE_KEY": "hunter2",
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


def test_several_faults_of_one_list_are_several_lines(monkeypatch):
    monkeypatch.setenv("KLAT_SMS_PRICES", "LV=0.045,XX=1,LT")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert [line[:25] for line in str(caught.value).splitlines()] == [
        "KLAT_SMS_PRICES: 'XX' is ",
        "KLAT_SMS_PRICES: 'LT' is ",
    ]


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
