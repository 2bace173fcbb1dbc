"""Sentences about providers: their settings, and what they answered."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    # ---------------------------------------------------------------- settings (loader.py)
    "no_type": Text(
        '{setting} 没有写；请写 type = "…"，可用的有：{known}',
        '{setting} is missing; write type = "…" with one of: {known}',
    ),
    "unknown_type": Text(
        "{setting}：没有名为 {found} 的服务商（可用的有：{known}）{hint}",
        "{setting}: there is no provider {found} (known: {known}){hint}",
    ),
    "wrong_channel": Text(
        "{setting}：{found} 不能用于渠道 {channel}；它支持：{known}",
        "{setting}: {found} does not serve the channel {channel}; it serves: {known}",
    ),
    "plain_secret": Text(
        '{setting} 是机密，不能直接写在文件里；请写成 {{ env = "变量名" }} 或 {{ file = "文件路径" }}',
        '{setting} is a secret and must not stand in the file; write {{ env = "NAME" }} or {{ file = "path" }}',
    ),
    "missing": Text("{setting} 没有写：{label}", "{setting} is missing: {label}"),
    "unknown_key": Text(
        "{setting}：{type} 没有这个参数（可用的有：{known}）{hint}",
        "{setting}: {type} has no such parameter (known: {known}){hint}",
    ),
    "wrong_value": Text("{setting} 的值不对：应为{expected}", "{setting} is wrong: expected {expected}"),
    "bad_value": Text("{setting} 的值不对：{reason}", "{setting} is wrong: {reason}"),
    "broken": Text(
        "{setting}：服务商 {type} 启动失败（{reason}）；请检查它的设置",
        "{setting}: the provider {type} can't start ({reason}); check its settings",
    ),
    "no_channel": Text("没有名为 {found} 的渠道；可用的有：{known}", "there is no channel {found}; known: {known}"),
    "account_twice": Text(
        "{setting}：这个渠道已有名为 {found} 的账号；请换一个名字",
        "{setting}: the channel has an account {found} already; give this one another name",
    ),
    "bad_account": Text(
        "账号名只能用文字、数字、“_”“-”“.”，最多 40 个字",
        "an account's name is made of letters, digits, “_”, “-” and “.”, at most 40 of them",
    ),
    "bad_rate": Text(
        '速度应写成 "10/s"（每秒）、"600/m"（每分钟）、"20000/h"（每小时）或 "100000/d"（每天）',
        'write a rate as "10/s" (a second), "600/m" (a minute), "20000/h" (an hour) or "100000/d" (a day)',
    ),
    "burst_alone": Text("写了 burst 就要写 rate", "burst needs a rate beside it"),
    # ---------------------------------------------------------------- what a value should be
    "expected_text": Text("文字", "text"),
    "expected_integer": Text("整数", "a whole number"),
    "expected_number": Text("数字", "a number"),
    "expected_flag": Text("true 或 false", "true or false"),
    "expected_table": Text("一张表 { … }", "a table { … }"),
    "expected_choice": Text("其中之一：{choices}", "one of: {choices}"),
    "expected_above": Text("大于 {limit} 的数", "a number above {limit}"),
    "expected_at_least": Text("不小于 {limit} 的数", "a number not below {limit}"),
    "expected_below": Text("小于 {limit} 的数", "a number below {limit}"),
    "expected_at_most": Text("不大于 {limit} 的数", "a number not above {limit}"),
    "expected_list": Text("一个列表 […]", "a list […]"),
    "expected_form": Text("这种形式的文字：{pattern}", "text of the form {pattern}"),
    "expected_decimal": Text('小数，如 "0.045"', 'a decimal number like "0.045"'),
    "expected_longer": Text("不为空的内容", "something that is not empty"),
    # ---------------------------------------------------------------- twilio
    "twilio_sender": Text(
        "请在 from_number 和 messaging_service_sid 中写一个（只能一个）",
        "give one of from_number and messaging_service_sid, and only one",
    ),
    # ---------------------------------------------------------------- sendgrid, smtp
    "bad_sender": Text(
        "应为一个邮箱地址，可带名称，例如：会员中心 <club@example.com>",
        "expected an e-mail address, with a name if you like: Member Club <club@example.com>",
    ),
    "smtp_login": Text("user 和 password 要么都写，要么都不写", "give both user and password, or neither"),
    "smtp_clear_password": Text(
        "不加密（none）时密码会以明文传输；请把 security 改为 starttls 或 ssl，或去掉 user 和 password",
        "without encryption the password would cross the network in clear text; "
        "set security to starttls or ssl, or drop user and password",
    ),
    # ---------------------------------------------------------------- urls
    "bad_url": Text("应为 http:// 或 https:// 开头的网址", "expected a URL that begins with http:// or https://"),
    # ---------------------------------------------------------------- webhook
    "private_address": Text(
        "{host} 指向内部地址 {address}，已拒绝；确需访问时，请在设置中写 webhook.allow_private = true",
        "{host} is the private address {address}, refused; to allow it, set webhook.allow_private = true",
    ),
    "redirected": Text(
        "对方要求跳转；不跟随跳转，请直接填写最终网址",
        "it redirects elsewhere; redirects are not followed, give the final URL",
    ),
    "plain_http": Text(
        "http:// 会明文传输数据，已拒绝；请用 https://；内部网络可设置 webhook.allow_private = true",
        "http:// would send the data in clear text, refused; use https://, or inside a private network "
        "set webhook.allow_private = true",
    ),
}
