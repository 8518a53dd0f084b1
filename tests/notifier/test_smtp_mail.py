"""Handing mails to a real SMTP conversation, and what each way of its going wrong means."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest
from mail_certificate import certificate
from mail_server import DROP, HANG, MailServer, listening

from notifier.channels.base import Handed, Outcome
from notifier.channels.email import SmtpMail
from notifier.channels.smtp_line import Limits
from notifier.mail.address import Party
from notifier.mail.message import Identity, Rendered, compose

NOTICE = UUID("0189d0a4-0000-7000-8000-000000000001")
PROOF = "0123456789abcdef0123"
SENDER, TO = "notices@shop.test", "anna@example.test"
ACCEPTED = Handed(Outcome.ACCEPTED, provider_id="4XyZ1234")
QUICK = Limits(opening=0.2, command=0.2, body=0.2, final=0.2)
PATIENT = Limits(opening=20, command=20, body=20, final=20)


def mail(text: str = "Klāt!\n.\n..\nFrom here", to: str = TO):
    return compose(
        Rendered("Sūtījums ir klāt", text, "<p>Klāt!</p>", "lv"),
        sender=Party(SENDER, "Grāmatas"),
        recipient=Party(to),
        identity=Identity(NOTICE, PROOF),
        now=datetime(2026, 5, 4, 9, tzinfo=UTC),
    )


@asynccontextmanager
async def mailing(server: MailServer, url: str | None = None, **options):
    options.setdefault("limits", PATIENT)
    async with listening(server, smtps=bool(url and url.startswith("smtps"))):
        channel = SmtpMail(url.format(server.port) if url else server.url(), **options)
        yield channel
        await channel.close()


async def sent(server: MailServer, url: str | None = None, **options) -> Handed:
    async with mailing(server, url, **options) as channel:
        return await channel.send(mail(), SENDER, TO)


async def test_a_mail_arrives_as_it_was_written():
    server = MailServer()
    assert await sent(server) == ACCEPTED
    [envelope] = server.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, [TO])
    assert b"\r\n.\r\n..\r\nFrom here" in envelope.content
    assert envelope.mail_options == [f"SIZE={len(envelope.content)}"]


@pytest.mark.parametrize(
    ("reply", "known_as"),
    [
        ("250 2.0.0 Ok: queued as 4Fr8Kx2Zz9", "4Fr8Kx2Zz9"),
        ("250 OK id=1rKabc-0004Zy-2B", "1rKabc-0004Zy-2B"),
        ("250 2.0.0 3t5abcDE012345 Message accepted for delivery", "3t5abcDE012345"),
        (
            "250 Ok 0102018c5f3e2a1b-00000000-0000-0000-0000-000000000000-000000",
            "0102018c5f3e2a1b-00000000-0000-0000-0000-000000000000-000000",
        ),
        ("250 thanks", f"<{NOTICE}.{PROOF}@shop.test>"),
        ("250 queued as someone@example.test", f"<{NOTICE}.{PROOF}@shop.test>"),
        ("252 perhaps", f"<{NOTICE}.{PROOF}@shop.test>"),
    ],
)
async def test_what_was_accepted_is_known_by_its_queue_id_else_by_its_message_id(reply, known_as):
    assert await sent(MailServer({"END": [reply]})) == Handed(
        Outcome.ACCEPTED, provider_id=known_as
    )


STEPS = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END")


@pytest.mark.parametrize("step", STEPS)
async def test_a_4yz_anywhere_means_later(step):
    script = {step: ["451 4.3.2 not now"], "HELO": ["451 4.3.2 not now"]}
    assert await sent(MailServer(script)) == Handed(Outcome.RETRY, "4.3.2")


@pytest.mark.parametrize("step", STEPS)
async def test_a_421_anywhere_means_later_on_another_line(step):
    handed = await sent(MailServer({step: ["421 closing"]}))
    assert handed == Handed(Outcome.RETRY, "421")


@pytest.mark.parametrize("step", ["CONNECT", "EHLO"])
async def test_a_5yz_before_the_mail_was_spoken_of_loses_nothing(step):
    script = {step: ["554 5.7.1 not you"], "HELO": ["554 5.7.1 not you"]}
    assert await sent(MailServer(script)) == Handed(Outcome.RETRY, "5.7.1")


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "END"])
async def test_a_5yz_is_final_and_says_why(step):
    handed = await sent(MailServer({step: ["550 5.7.1 looks like spam"]}))
    assert handed == Handed(Outcome.REFUSED, "5.7.1")


@pytest.mark.parametrize(
    ("reply", "code", "bad"),
    [
        ("550 5.1.1 no such user", "5.1.1", True),
        ("550 5.1.2 no such host", "5.1.2", True),
        ("553 5.1.3 bad syntax", "5.1.3", True),
        ("556 5.1.10 takes no mail", "5.1.10", True),
        ("550-5.1.1 The account\r\n550 5.1.1 does not exist", "5.1.1", True),
        ("550 5.1.0 sender rejected", "5.1.0", False),
        ("553 5.1.8 sender's domain not found", "5.1.8", False),
        ("552 5.2.2 mailbox full", "5.2.2", False),
        ("554 5.7.1 relay access denied", "5.7.1", False),
        ("550 no", "550", False),
        ("550 host 15.1.1.2 says no", "550", False),
    ],
)
async def test_only_a_mailbox_or_domain_that_does_not_exist_makes_the_address_bad(reply, code, bad):
    handed = await sent(MailServer({"RCPT": [reply]}))
    assert handed == Handed(Outcome.REFUSED, code, address_is_bad=bad)


async def test_what_is_said_of_the_sender_is_not_held_against_the_recipient():
    handed = await sent(MailServer({"MAIL": ["550 5.1.1 who are you"]}))
    assert handed == Handed(Outcome.REFUSED, "5.1.1")


@pytest.mark.parametrize("reply", ["530 5.7.0 log in first", "535 5.7.8 no", "538 5.7.11 tls"])
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "END"])
async def test_who_wants_a_login_is_tried_again(step, reply):
    assert await sent(MailServer({step: [reply]})) == Handed(Outcome.RETRY, reply.split()[1])


@pytest.mark.parametrize("step", [*STEPS[:-1], "BODY"])
async def test_a_line_lost_before_the_final_dot_took_nothing(step):
    assert await sent(MailServer({step: [DROP]})) == Handed(Outcome.RETRY, "line_lost")


async def test_a_line_lost_within_the_text_took_nothing():
    """More than the system's buffers hold, to one who reads nothing and hangs up."""
    server = MailServer({"BODY": [DROP]})
    async with mailing(server) as channel:
        long = mail()
        long.set_payload("x" * 70 + "\r\n")
        long.replace_header("Content-Type", "text/plain")
        long.set_payload(("x" * 70 + "\r\n") * 200_000)
        assert await channel.send(long, SENDER, TO) == Handed(Outcome.RETRY, "line_lost")


@pytest.mark.parametrize("step", STEPS[:-1])
async def test_silence_before_the_final_dot_means_later(step):
    assert await sent(MailServer({step: [HANG]}), limits=QUICK) == Handed(Outcome.RETRY, "timeout")


async def test_who_does_not_read_the_text_is_not_waited_for():
    server = MailServer({"BODY": [HANG]})
    async with mailing(server, limits=QUICK) as channel:
        long = mail()
        long.replace_header("Content-Type", "text/plain")
        long.set_payload(("x" * 70 + "\r\n") * 200_000)
        assert await channel.send(long, SENDER, TO) == Handed(Outcome.RETRY, "timeout")


async def test_after_the_final_dot_a_lost_line_leaves_it_open():
    assert await sent(MailServer({"END": [DROP]})) == Handed(Outcome.AMBIGUOUS, "line_lost")


async def test_after_the_final_dot_silence_leaves_it_open():
    handed = await sent(MailServer({"END": [HANG]}), limits=Limits(final=0.2))
    assert handed == Handed(Outcome.AMBIGUOUS, "timeout")


@pytest.mark.parametrize("reply", ["what?", "354 again", "999 nine", "250" + "x" * 40_000])
async def test_after_the_final_dot_nonsense_leaves_it_open(reply):
    handed = await sent(MailServer({"END": [reply]}))
    assert handed == Handed(Outcome.AMBIGUOUS, "bad_reply")


@pytest.mark.parametrize("step", ["CONNECT", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("reply", ["what?", "299 two"])
async def test_nonsense_before_the_final_dot_means_later(step, reply):
    assert await sent(MailServer({step: [reply]})) == Handed(Outcome.RETRY, "bad_reply")


async def test_nobody_listens():
    async with listening(MailServer()) as server:
        url = server.url()
    channel = SmtpMail(url)
    assert await channel.send(mail(), SENDER, TO) == Handed(Outcome.RETRY, "line_lost")


async def test_a_server_without_ehlo_is_spoken_to_in_the_old_way():
    server = MailServer({"EHLO": ["502 5.5.1 what"]})
    assert await sent(server) == ACCEPTED
    assert server.taken[0].mail_options == []


async def test_bounces_are_asked_for_without_the_text_where_the_server_knows_how():
    server = MailServer(extensions=("DSN",))
    assert await sent(server) == ACCEPTED
    options = server.taken[0].mail_options
    assert "RET=HDRS" in options
    assert f"ENVID={NOTICE}.{PROOF}@shop.test".upper() in options
    assert server.taken[0].rcpt_options == ["NOTIFY=FAILURE"]


class TestLogin:
    USER, PASSWORD = b"sh\xc5\x8dp@x", b"p:w/@\xc4\x81"
    URL = "smtp://sh%C5%8Dp%40x:p%3Aw%2F%40%C4%81@127.0.0.1:{}"

    def server(self, **more):
        return MailServer(user=self.USER, password=self.PASSWORD, **more)

    async def test_user_and_password_are_percent_decoded(self):
        assert await sent(self.server(), self.URL) == ACCEPTED

    async def test_a_wrong_password_is_tried_once_and_loses_nothing(self):
        server = self.server()
        server.password = b"other"
        assert await sent(server, self.URL) == Handed(Outcome.RETRY, "5.7.8")
        assert server.heard.count("AUTH") == 1
        assert "MAIL" not in server.heard

    async def test_a_way_that_the_server_does_not_know_after_all_gives_way_to_the_next(self):
        server = self.server(script={"AUTH": ["504 5.5.4 not PLAIN", None]})
        assert await sent(server, self.URL) == ACCEPTED
        assert server.heard.count("AUTH") == 2

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            ("454 4.7.0 later", "4.7.0"),
            ("535 no", "535"),
            ("504 5.5.4 what", "5.5.4"),
            (DROP, "line_lost"),
            (HANG, "timeout"),
        ],
    )
    async def test_what_goes_wrong_at_the_login_means_later(self, answer, code):
        limits = QUICK if answer == HANG else PATIENT
        server = self.server(script={"AUTH": [answer]})
        assert await sent(server, self.URL, limits=limits) == Handed(Outcome.RETRY, code)

    async def test_a_server_that_knows_no_login_means_later(self):
        assert await sent(MailServer(), self.URL) == Handed(Outcome.RETRY, "auth_missing")


class TestEncryption:
    @pytest.fixture(scope="class")
    @staticmethod
    def contexts(tmp_path_factory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        return certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")

    @pytest.fixture(scope="class")
    @staticmethod
    def other(tmp_path_factory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        return certificate(tmp_path_factory.mktemp("tls"), "127.0.0.2")

    STARTTLS = "smtp://127.0.0.1:{}?starttls=1"
    SMTPS = "smtps://127.0.0.1:{}"

    @pytest.mark.parametrize("url", [STARTTLS, SMTPS])
    async def test_a_mail_goes_over_tls(self, contexts, url):
        serving, trusting = contexts
        server = MailServer(tls=serving)
        assert await sent(server, url, tls=trusting) == ACCEPTED

    async def test_the_login_waits_for_starttls(self, contexts):
        serving, trusting = contexts
        server = MailServer(tls=serving, user=b"shop", password=b"pw")
        url = "smtp://shop:pw@127.0.0.1:{}?starttls=1"
        assert await sent(server, url, tls=trusting) == ACCEPTED
        assert server.heard.index("STARTTLS") < server.heard.index("AUTH")
        assert server.heard.count("EHLO") == 2

    @pytest.mark.parametrize("url", [STARTTLS, SMTPS])
    async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(self, contexts, url):
        server = MailServer(tls=contexts[0])
        assert await sent(server, url) == Handed(Outcome.RETRY, "tls_failed")
        assert "MAIL" not in server.heard

    @pytest.mark.parametrize("url", [STARTTLS, SMTPS])
    async def test_a_certificate_of_another_host_is_not_trusted(self, other, url):
        serving, trusting = other
        server = MailServer(tls=serving)
        assert await sent(server, url, tls=trusting) == Handed(Outcome.RETRY, "tls_failed")

    async def test_without_starttls_nothing_is_sent(self):
        server = MailServer(user=b"shop", password=b"pw")
        url = "smtp://shop:pw@127.0.0.1:{}?starttls=1"
        assert await sent(server, url) == Handed(Outcome.RETRY, "starttls_missing")
        assert not {"AUTH", "MAIL"} & set(server.heard)

    @pytest.mark.parametrize(
        ("answer", "code"),
        [("454 4.7.0 no", "4.7.0"), ("501 no", "501"), (DROP, "line_lost"), (HANG, "timeout")],
    )
    async def test_starttls_that_fails_means_later(self, contexts, answer, code):
        serving, trusting = contexts
        server = MailServer({"STARTTLS": [answer]}, tls=serving)
        limits = QUICK if answer == HANG else PATIENT
        handed = await sent(server, self.STARTTLS, tls=trusting, limits=limits)
        assert handed == Handed(Outcome.RETRY, code)

    async def test_a_plain_server_behind_smtps_is_noticed(self, contexts):
        async with listening(MailServer()) as server:
            channel = SmtpMail(server.url("smtps"), tls=contexts[1], limits=PATIENT)
            handed = await channel.send(mail(), SENDER, TO)
        assert handed == Handed(Outcome.RETRY, "tls_failed")

    @pytest.mark.parametrize("url", [STARTTLS, SMTPS])
    async def test_over_tls_too_a_line_lost_after_the_final_dot_leaves_it_open(self, contexts, url):
        server = MailServer({"END": [DROP]}, tls=contexts[0])
        handed = await sent(server, url, tls=contexts[1])
        assert handed == Handed(Outcome.AMBIGUOUS, "line_lost")

    @pytest.mark.parametrize("url", [STARTTLS, SMTPS])
    async def test_over_tls_too_a_line_lost_before_it_took_nothing(self, contexts, url):
        server = MailServer({"BODY": [DROP]}, tls=contexts[0])
        handed = await sent(server, url, tls=contexts[1])
        assert handed == Handed(Outcome.RETRY, "line_lost")


class TestKeptLines:
    async def test_mails_share_a_connection(self):
        server = MailServer()
        async with mailing(server) as channel:
            assert [await channel.send(mail(), SENDER, TO) for _ in range(3)] == [ACCEPTED] * 3
        assert server.connections == 1
        assert server.heard.count("EHLO") == 1
        assert server.heard[-1] == "QUIT"

    async def test_a_refused_mail_does_not_spoil_the_line_for_the_next(self):
        server = MailServer({"RCPT": ["550 5.1.1 no", None]})
        async with mailing(server) as channel:
            assert (await channel.send(mail(), SENDER, TO)).address_is_bad
            assert await channel.send(mail(), SENDER, TO) == ACCEPTED
        assert server.connections == 1

    async def test_a_line_that_cannot_be_reset_is_given_up(self):
        server = MailServer({"RCPT": ["550 5.1.1 no", None], "RSET": [DROP]})
        async with mailing(server) as channel:
            assert (await channel.send(mail(), SENDER, TO)).address_is_bad
            assert await channel.send(mail(), SENDER, TO) == ACCEPTED
        assert server.connections == 2

    async def test_no_more_than_so_many_mails_go_over_one(self):
        server = MailServer()
        async with mailing(server, limits=Limits(mails=2)) as channel:
            for _ in range(5):
                assert await channel.send(mail(), SENDER, TO) == ACCEPTED
        assert server.connections == 3
        assert server.heard.count("QUIT") == 3

    async def test_an_idle_line_is_left_politely(self):
        server = MailServer()
        async with mailing(server, limits=Limits(idle=0)) as channel:
            assert await channel.send(mail(), SENDER, TO) == ACCEPTED
            await asyncio.wait_for(server.left.wait(), 20)
            assert server.heard[-1] == "QUIT"
            assert await channel.send(mail(), SENDER, TO) == ACCEPTED
        assert server.connections == 2

    @pytest.mark.parametrize("end", [DROP, HANG, "421 4.4.2 idle for too long"])
    async def test_a_kept_line_that_died_is_replaced_at_once(self, end):
        server = MailServer({"MAIL": [None, end, None]})
        limits = Limits(command=0.5) if end == HANG else PATIENT
        async with mailing(server, limits=limits) as channel:
            assert await channel.send(mail(), SENDER, TO) == ACCEPTED
            assert await channel.send(mail(), SENDER, TO) == ACCEPTED
        assert server.connections == 2
        assert len(server.taken) == 2

    async def test_a_kept_line_lost_after_the_final_dot_is_not_tried_again(self):
        server = MailServer({"END": [None, DROP]})
        async with mailing(server) as channel:
            assert await channel.send(mail(), SENDER, TO) == ACCEPTED
            handed = await channel.send(mail(), SENDER, TO)
        assert handed == Handed(Outcome.AMBIGUOUS, "line_lost")
        assert server.connections == 1

    async def test_each_line_carries_one_mail_at_a_time(self):
        server = MailServer()
        async with mailing(server, connections=3) as channel:
            handed = await asyncio.gather(*(channel.send(mail(), SENDER, TO) for _ in range(20)))
        assert handed == [ACCEPTED] * 20
        assert server.connections == 3

    async def test_who_gets_no_connection_in_time_is_tried_later(self):
        server = MailServer({"MAIL": [HANG, None]})
        limits = Limits(place=0.2)
        async with mailing(server, connections=1, limits=limits) as channel:
            first = asyncio.create_task(channel.send(mail(), SENDER, TO))
            await server.reached["MAIL"].wait()
            assert await channel.send(mail(), SENDER, TO) == Handed(Outcome.RETRY, "busy")
            first.cancel()
            await asyncio.wait([first])
            assert await channel.send(mail(), SENDER, TO) == ACCEPTED

    def test_all_waits_together_end_within_ten_minutes(self):
        limits = Limits()
        kept = 3 * limits.command + limits.body
        fresh = limits.opening + kept + limits.final + limits.command  # and RSET
        assert limits.place + kept + fresh < 600

    async def test_a_server_that_does_not_say_goodbye_is_not_waited_for(self):
        server = MailServer({"QUIT": [HANG]})
        assert await sent(server, limits=Limits(command=0.5)) == ACCEPTED

    async def test_who_is_interrupted_leaves_no_half_said_line_behind(self):
        server = MailServer({"RCPT": [HANG, None]})
        async with mailing(server) as channel:
            task = asyncio.create_task(channel.send(mail(), SENDER, TO))
            await server.reached["RCPT"].wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await channel.send(mail(), SENDER, TO) == ACCEPTED
        assert server.connections == 2


class TestAddresses:
    async def test_an_international_domain_travels_as_a_labels(self):
        server = MailServer()
        async with mailing(server) as channel:
            assert await channel.send(mail(), SENDER, "anna@ķekava.lv") == ACCEPTED
        assert server.taken[0].rcpt_tos == ["anna@xn--ekava-n5a.lv"]

    async def test_an_international_local_part_goes_where_the_server_knows_it(self):
        server = MailServer(smtputf8=True)
        to = "jānis@ķekava.lv"
        async with mailing(server) as channel:
            assert await channel.send(mail(to=to), SENDER, to) == ACCEPTED
        assert "SMTPUTF8" in server.taken[0].mail_options
        assert "jānis@xn--ekava-n5a.lv".encode() in server.taken[0].content

    async def test_and_is_refused_where_it_does_not(self):
        server = MailServer()
        async with mailing(server) as channel:
            handed = await channel.send(mail(), SENDER, "jānis@example.test")
        assert handed == Handed(Outcome.REFUSED, "smtputf8_missing")
        assert "MAIL" not in server.heard

    @pytest.mark.parametrize(
        "to",
        [
            "",
            "anna",
            "@x.lv",
            "anna@",
            "anna@x.lv>\r\nRCPT TO:<b@x.lv",
            "anna@x.lv\n",
            "an na@x.lv",
            "anna@x..lv",
            "a" * 65 + "@x.lv",
            "anna@" + "x" * 300,
            "\u202eanna@x.lv",
            "anna@x.lv> NOTIFY=NEVER",
        ],
    )
    async def test_an_address_that_cannot_be_is_never_asked_for(self, to):
        server = MailServer()
        async with mailing(server) as channel:
            handed = await channel.send(mail(), SENDER, to)
        assert handed == Handed(Outcome.REFUSED, "bad_address", address_is_bad=True)
        assert server.connections == 0

    async def test_a_wrong_sender_is_a_fault_of_the_settings_and_says_no_address(self):
        with pytest.raises(ValueError, match=r"^sender: is not an e-mail address$"):
            await SmtpMail("smtp://127.0.0.1").send(mail(), "a b@c.test", TO)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("192.0.2.1", "[192.0.2.1]"),
        ("::1", "[IPv6:::1]"),
        ("track.test", "track.test"),
        ("ķekava.lv", "xn--ekava-n5a.lv"),
    ],
)
def test_a_host_that_is_an_address_says_so(name, said):
    assert SmtpMail("smtp://127.0.0.1", hello=name)._hello == said
