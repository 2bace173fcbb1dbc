"""E-mail through any SMTP server, for private clouds: one connection per batch."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from automation.i18n import Text
from automation.plugin import Params, param
from automation.providers.base import Outcome, Provider
from automation.providers.http import AUTH, NO_ANSWER, NOT_TRIED, SETTINGS, UNREACHABLE, short
from automation.providers.mime import BadHeader, bad_header, build, domain_of, mailbox, parse_sender
from automation.providers.smtp_replies import SMTP, hangs_up, read_reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import ReadableBuffer

    from automation.providers.base import Outgoing
    from automation.providers.codes import Codes

_PORTS = {"starttls": 587, "ssl": 465, "none": 25}


class SmtpParams(Params):
    """Which server, how to reach it, and in whose name."""

    host: str = param(zh="服务器", en="the server", min_length=1)
    port: int | None = param(None, zh="端口（默认 587、465 或 25）", en="the port (587, 465 or 25)", ge=1, le=65535)
    security: Literal["starttls", "ssl", "none"] = param(
        "starttls", zh="加密方式", en="how the connection is encrypted"
    )
    ca_file: str | None = param(None, zh="内部 CA 证书（PEM）", en="the certificate of a private authority (PEM)")
    user: str | None = param(None, zh="用户名", en="the user")
    password: SecretStr | None = param(None, zh="密码（机密）", en="the password (a secret)")
    sender: str = param(zh="发件人，例如：会员中心 <club@example.com>", en="the sender: Member Club <club@example.com>")
    reply_to: str | None = param(None, zh="回复地址", en="the address for replies")
    timeout: float = param(30.0, zh="超时（秒）", en="time-out in seconds", gt=0)

    @field_validator("sender", "reply_to")
    @classmethod
    def _mailbox(cls, value: str | None) -> str | None:
        return mailbox(value)

    @model_validator(mode="after")
    def _login(self) -> SmtpParams:
        if (self.user is None) != (self.password is None):
            raise PydanticCustomError("providers.smtp_login", "user and password go together")
        if self.password is not None and self.security == "none":
            raise PydanticCustomError("providers.smtp_clear_password", "the password would go in clear text")
        return self


@dataclass(frozen=True)
class _Step:
    """What one mail came to; `stop`: what becomes of the mails after it, when the connection is of no more use."""

    outcome: Outcome
    stop: Outcome | None = None


class Smtp(Provider):
    """What a reply means, and whom it is about, stands in smtp_replies.py. A refused login or sender is transient
    ("auth", "settings") for the whole batch: a wrong setting burns no message.

    A connection that is lost before the last byte of a mail went out proves that the server doesn't have it: transient.
    Lost between that byte and the reply, the mail is unknown; those after it were not begun and are transient. The
    Message-ID follows from our reference, so that a mail sent again is recognised as the same.
    """

    type: ClassVar[str] = "smtp"
    title: ClassVar[Text] = Text("SMTP 邮件", "SMTP e-mail")
    Params: ClassVar[Any] = SmtpParams
    channels: ClassVar[frozenset[str]] = frozenset({"email"})
    max_batch: ClassVar[int] = 50
    codes: ClassVar[Codes] = SMTP

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        mails = [self._mail(message) for message in messages]
        if all(isinstance(mail, Outcome) for mail in mails):
            return [mail for mail in mails if isinstance(mail, Outcome)]
        try:
            session = self._connect()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            failed = _not_connected(error)
            return [mail if isinstance(mail, Outcome) else failed for mail in mails]
        try:
            return self._send_all(session, messages, mails)
        finally:
            with suppress(OSError, smtplib.SMTPException):
                session.quit()
            session.close()

    def _mail(self, message: Outgoing) -> bytes | Outcome:
        if not (message.content.subject and (message.content.text or message.content.html)):
            return Outcome.permanent("bad_content", "a mail needs a subject and a body")
        try:
            return build(message, self.params.sender, self._now(), self.params.reply_to).as_bytes()
        except BadHeader as error:
            return bad_header(error)
        except ValueError as error:
            return Outcome.permanent("bad_content", type(error).__name__)

    def _now(self) -> Any:
        return self.context.clock.now().astimezone(self.context.zone)

    def _connect(self) -> Any:
        """A greeted, encrypted, logged-in connection."""
        params = self.params
        where = (params.host, params.port or _PORTS[params.security])
        name = domain_of(params.sender)  # else smtplib asks the DNS for our own name, which can take seconds
        if params.security == "ssl":
            session: Any = _SslSession(*where, local_hostname=name, timeout=params.timeout, context=self._tls())
        else:
            session = _Session(*where, local_hostname=name, timeout=params.timeout)
        try:
            if params.security == "starttls":
                session.starttls(context=self._tls())
            if params.user is not None:
                session.login(params.user, params.password.get_secret_value())
        except BaseException:
            session.close()
            raise
        return session

    def _tls(self) -> ssl.SSLContext:
        file = self.params.ca_file
        return ssl.create_default_context(cafile=str(self.context.folder / file) if file else None)

    def _send_all(
        self, session: Any, messages: Sequence[Outgoing], mails: Sequence[bytes | Outcome]
    ) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        stop: Outcome | None = None
        for message, mail in zip(messages, mails, strict=True):
            if isinstance(mail, Outcome):
                outcomes.append(mail)
            elif stop is not None:
                outcomes.append(stop)
            else:
                step = self._send_one(session, message.address, mail)
                outcomes.append(step.outcome)
                stop = step.stop
        return outcomes

    def _send_one(self, session: Any, address: str, mail: bytes) -> _Step:
        session.body_sent = False
        sender = parse_sender(self.params.sender).addr_spec
        try:
            session.sendmail(sender, [address], mail)
        except smtplib.SMTPSenderRefused as error:
            busy = 400 <= error.smtp_code < 500
            refused = Outcome.transient(_code(error) if busy else SETTINGS, _words(error), about="account")
            return _Step(refused, stop=refused)
        except smtplib.SMTPRecipientsRefused as error:
            code, words = error.recipients[address]
            return _Step(read_reply(code, words), hangs_up(code))
        except smtplib.SMTPDataError as error:
            if 400 <= error.smtp_code < 600:
                return _Step(read_reply(error.smtp_code, error.smtp_error), hangs_up(error.smtp_code))
            return _lost(session, error)
        except (OSError, smtplib.SMTPException) as error:
            return _lost(session, error)
        return _Step(Outcome.accepted())


class _Session(smtplib.SMTP):
    """Knows whether all of a mail went out: smtplib sends commands as text and only the mail itself as bytes."""

    body_sent = False

    def send(self, s: ReadableBuffer | str) -> None:
        super().send(s)
        self.body_sent = self.body_sent or isinstance(s, bytes)


class _SslSession(_Session, smtplib.SMTP_SSL):
    pass


def _lost(session: _Session, error: Exception) -> _Step:
    """No reply, or one that nobody understands."""
    words = type(error).__name__
    lost = Outcome.unknown(NO_ANSWER, words) if session.body_sent else Outcome.transient(UNREACHABLE, words)
    return _Step(lost, stop=Outcome.transient(NOT_TRIED))


def _not_connected(error: Exception) -> Outcome:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Outcome.transient(AUTH, _words(error), about="account")
    if isinstance(error, smtplib.SMTPNotSupportedError) or type(error) is smtplib.SMTPException:
        return Outcome.transient(SETTINGS, short(error), about="account")
    if isinstance(error, smtplib.SMTPResponseException):
        return Outcome.transient(_code(error), _words(error))
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return Outcome.transient(
        UNREACHABLE, short(f"{type(error).__name__}: {reason}" if reason else type(error).__name__)
    )


def _code(error: smtplib.SMTPResponseException) -> str:
    return str(error.smtp_code)


def _words(error: smtplib.SMTPResponseException) -> str:
    words = error.smtp_error
    return short(f"{error.smtp_code}: {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}")
