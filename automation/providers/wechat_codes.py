"""What the errcodes of WeChat and WeCom say, by their tables of global return codes."""

from __future__ import annotations

from automation.providers.codes import Codes, table

TOKEN_CODES = frozenset({40001, 40014, 41001, 42001})
"""The token is wrong, missing or expired: the call was refused, and another token may help."""

_SHARED = table(
    "developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html",
    # busy: nothing was done
    ("-1", "account", "系统繁忙", "the service is busy", None),
    ("6000", "account", "数据版本冲突，请重试", "its data changed meanwhile", None),
    ("45009", "account", "接口调用超过当日限制", "the day's calls are used up", None),
    ("45011", "account", "接口调用超过每分钟限制", "too many calls a minute", None),
    ("45033", "account", "同时调用太多", "too many calls at the same time", None),
    # our settings and rights
    ("40001", "account", "access_token 或 AppSecret 不对", "the token or the secret is wrong", None),
    ("40013", "account", "AppID 不对", "the app id is wrong", None),
    ("40014", "account", "access_token 不对", "the token is wrong", None),
    ("40056", "account", "AgentId 不对", "the agent id is wrong", None),
    ("40125", "account", "AppSecret 不对", "the secret is wrong", None),
    ("40164", "account", "服务器 IP 不在白名单", "our IP address is not on the allow-list", None),
    ("41001", "account", "缺少 access_token", "the token is missing", None),
    ("42001", "account", "access_token 过期", "the token has expired", None),
    ("48001", "account", "没有接口权限", "the account has no right to this call", None),
    ("48002", "account", "接口权限被收回", "the right to this call was withdrawn", None),
    ("48004", "account", "接口被封禁", "the call is blocked for the account", None),
)

WECHAT: Codes = _SHARED | table(
    "developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html",
    ("40003", "person", "OpenID 无效，或不是本账号的", "the account knows no such openid", "bad_address"),
    ("43004", "person", "没有关注公众号", "the person does not follow the account", "not_reachable"),
    ("43101", "person", "本人拒收", "the person refuses these messages", "opted_out"),
    ("43108", "person", "同一个人同时发送太多", "sent to one person at the same time", True),
    ("45015", "person", "超出可回复的时间", "the time in which an answer is allowed is over", None),
    ("45047", "person", "发给此人的条数已到上限", "this person has had as many as are allowed", None),
    ("40037", "message", "模板不存在", "no such template", None),
)

WECOM: Codes = _SHARED | table(
    "developer.work.weixin.qq.com/document/path/90313",
    ("60011", "account", "应用没有权限", "the app has no right to this", None),
    ("60020", "account", "服务器 IP 不在白名单", "our IP address is not on the allow-list", None),
    ("43108", "person", "同一个人同时发送太多", "sent to one person at the same time", True),
    ("40096", "person", "external_userid 无效", "no such external_userid", "bad_address"),
    ("84061", "person", "没有成员添加此客户", "nobody has the customer as a contact", "not_reachable"),
)

BUSY = frozenset({"-1", "6000", "45009", "45011", "45033"})
"""The account's too, and over by itself; the others of the account are settings, until somebody changes them."""
