"""What an SMTP reply says, and of whom: by its enhanced status code (RFC 3463) where there is one, else by RFC 5321.

The first digit says whether later helps, the second is the subject: 1 and 2 are the recipient's address and mailbox,
3 the mail system that we talk to, 4 the way from there, 5 the protocol, 6 the content, 7 policy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from automation.providers.base import NOT_TRIED, Outcome
from automation.providers.codes import Codes, table
from automation.providers.http import SETTINGS, short

if TYPE_CHECKING:
    from automation.providers.base import Effect

_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_RELAY = re.compile(r"\brelay(ing)?\b.*\b(denied|not (permitted|allowed)|prohibited)|unable to relay", re.IGNORECASE)
_ACCOUNT_REPLIES = frozenset({421, 530, 534, 535, 538, 454})

SMTP: Codes = {
    **table(
        "RFC 5321, 4.2.3",
        ("421", "account", "服务器要关闭连接", "the server is about to hang up", None),
        ("530", "account", "要先登录", "a login is needed", None),
        ("535", "account", "登录被拒", "the login was refused", None),
        ("4yz", "person", "收件人的邮箱现在不收", "the recipient's mailbox does not take it now", True),
        ("5yz", "message", "不收这封邮件", "this mail is refused", None),
    ),
    **table(
        "RFC 3463, 3.2–3.8",
        ("5.1.1", "person", "没有这个邮箱", "no such mailbox", "bad_address"),
        ("x.1.z", "person", "收件人的地址", "the recipient's address", None),
        ("x.2.z", "person", "收件人的邮箱：停用、已满 …", "the recipient's mailbox: disabled, full …", None),
        ("5.3.4", "message", "邮件太大", "the mail is too large", None),
        ("x.3.z", "account", "我方服务器：存储已满、配置有误 …", "our server: out of storage, set up wrong …", None),
        ("x.4.z", "person", "到收件方的路由", "the way to the recipient's server", None),
        ("4.5.z", "account", "协议", "the protocol", None),
        ("5.6.z", "message", "内容", "the content", None),
        ("4.7.z", "person", "收件方暂时拒收（灰名单 …）", "refused for now (greylisting …)", True),
        ("5.7.z", "message", "收件方的规则不允许", "the recipient's policy forbids it", None),
    ),
    **table(
        "Postfix, Exim, Exchange, sendmail",
        ("5yz “relaying denied”", "account", "服务器不让我方转发", "the server relays nothing for us", None),
    ),
    **table(
        "RFC 7372, RFC 8616, RFC 4954",
        ("5.7.8", "account", "登录被拒", "the login was refused", None),
        ("5.7.9", "account", "登录方式太弱", "the way of logging in is too weak", None),
        ("5.7.11", "account", "要先加密", "encryption is needed", None),
        (
            "5.7.20–27",
            "account",
            "DKIM、SPF、反向解析或退信域未通过",
            "DKIM, SPF, reverse DNS or a null MX failed",
            None,
        ),
    ),
}
"""For the reference: what `read_reply` goes by. y and z are any digit, x is 4 (later may help) or 5."""


def read_reply(code: int, words: bytes | str) -> Outcome:
    """A reply that is no success, to RCPT, to DATA or to the mail."""
    text = short(words.decode("utf-8", "replace") if isinstance(words, bytes) else words)
    match = _ENHANCED.match(text)
    subject, detail = (int(match[2]), int(match[3])) if match else (None, 0)
    if _is_ours(code, subject, detail) or _RELAY.search(text):
        return Outcome.transient(str(code) if 400 <= code < 500 else SETTINGS, text, about="account")
    if code < 500:
        return Outcome.transient(str(code), text, about="person")
    if subject in (1, 2, 4):
        effect: Effect | None = "bad_address" if (subject, detail) == (1, 1) else None
        return Outcome.permanent(str(code), text, effect, about="person")
    return Outcome.permanent(str(code), text, about="message")


def hangs_up(code: int) -> Outcome | None:
    """What becomes of the mails after it: after 421 the server closes the connection."""
    return Outcome.transient(NOT_TRIED) if code == 421 else None


def _is_ours(code: int, subject: int | None, detail: int) -> bool:
    """Whether the reply is about our server, login or domain: it would be the same for everybody."""
    if code in _ACCOUNT_REPLIES:
        return True
    if subject == 3:
        return not (code >= 500 and detail == 4)
    if subject == 5:
        return code < 500
    return subject == 7 and code >= 500 and (detail in (8, 9, 11) or 20 <= detail <= 27)
