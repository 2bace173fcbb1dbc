"""What Twilio's error codes say, by its error dictionary. Codes that are not named here say nothing of the account."""

from __future__ import annotations

from automation.providers.codes import Codes, table

TWILIO: Codes = table(
    "twilio.com/docs/api/errors/{code}",
    # the person's number
    ("21211", "person", "号码无效", "no valid number", "bad_address"),
    ("21408", "person", "账号未开通该地区", "the region is not enabled for the account", None),
    ("21610", "person", "本人回复了退订", "the person has replied STOP", "opted_out"),
    ("21612", "person", "这个号码没有路由", "no route to this number", None),
    ("21614", "person", "不是手机号", "no mobile number", "bad_address"),
    ("30003", "person", "手机关机或无法接通", "the handset can't be reached", None),
    ("30004", "person", "被本人或运营商拒收", "blocked by the person or the carrier", None),
    ("30005", "person", "号码不存在或已停用", "the number is unknown or no longer in use", None),
    ("30006", "person", "座机，或运营商不可达", "a landline, or a carrier that can't be reached", None),
    # the message
    ("21617", "message", "正文太长", "the text is too long", None),
    ("30007", "message", "被当作垃圾短信过滤", "filtered as spam", None),
    ("30036", "message", "在队列里过了有效期", "its validity ended in the queue", None),
    ("30038", "message", "发往 Twilio 号码的验证码被过滤", "a passcode to one of Twilio's own numbers, filtered", None),
    # our account: its state, its senders, its pace
    ("20404", "account", "账户不存在", "no such account", None),
    ("20429", "account", "请求太多", "too many requests", None),
    ("21212", "account", "发送号码无效", "the sender is no valid number", None),
    ("21601", "account", "发送号码不能发短信", "the sender can't send SMS", None),
    ("21603", "account", "没有写发送号码", "no sender was given", None),
    ("21606", "account", "发送号码不属于账户", "the sender is not the account's", None),
    ("21609", "account", "回执网址无效", "the callback's address is not valid", None),
    ("21611", "account", "这个发送号码排队太多", "too much is queued for this sender", None),
    ("21659", "account", "发送号码不属于 Twilio", "the sender is no number of Twilio's", None),
    ("21660", "account", "发送号码属于别的账户", "the sender is another account's", None),
    ("21661", "account", "发送号码不能发短信", "the sender is not enabled for SMS", None),
    ("21701", "account", "Messaging Service 无效", "the messaging service is not valid", None),
    ("21703", "account", "Messaging Service 里没有号码", "the messaging service has no number", None),
    ("21704", "account", "Messaging Service 里没有可用的号码", "the messaging service has no usable number", None),
    ("21705", "account", "Messaging Service 不可用", "the messaging service can't be used", None),
    ("30001", "account", "队列溢出", "queue overflow", None),
    ("30002", "account", "账户已停用", "the account is suspended", None),
    ("30034", "account", "发送号码没有登记（A2P 10DLC）", "the sender is not registered (A2P 10DLC)", None),
    ("63017", "account", "每秒太多", "too many a second", None),
    ("63038", "account", "每天太多", "too many a day", None),
)

BUSY = frozenset({"20429", "21611", "30001", "63017", "63038"})
"""The account's too, and over by itself; the others of the account are settings, until somebody changes them."""
