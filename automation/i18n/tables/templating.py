"""Sentences about templates."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    # reading
    "syntax": Text("模板语法错误：{reason}", "the template's syntax is wrong: {reason}"),
    "unreadable": Text("无法读取：{reason}；模板须为 UTF-8 编码", "can't be read: {reason}; templates must be UTF-8"),
    "unknown_file": Text(
        "不认识的模板文件，已忽略；文件名应以下列之一结尾：{endings}；布局文件名以 _ 开头",
        "no template by its name, so it is ignored; names end in one of: {endings}; layouts begin with _",
    ),
    "bad_name": Text(
        "模板名 {found} 只能包含字母、数字、_ 和 -；语言写在渠道之前，如 NAME.en.sms.j2、NAME.zh-Hant.sms.j2",
        "the template name {found} may hold only letters, digits, _ and -; a language stands before the channel, as in "
        "NAME.en.sms.j2 or NAME.zh-Hant.sms.j2",
    ),
    "no_default": Text(
        "只有某种语言的模板，没有 {default}：说别的语言、或没有写明语言的人收不到；请加上这个文件",
        "there are languages but no {default}: people with another language, or none, would get nothing; add that file",
    ),
    "no_subject": Text(
        "邮件模板缺少主题；请加上 {% block subject %}…{% endblock %}",
        "the e-mail has no subject; add {% block subject %}…{% endblock %}",
    ),
    "no_html": Text(
        "邮件模板缺少正文；请加上 {% block html %}…{% endblock %}",
        "the e-mail has no body; add {% block html %}…{% endblock %}",
    ),
    "outside_blocks": Text(
        "这段内容不在 subject、text、html 或 list_unsubscribe 块内，不会被发送；请移入某个块",
        "this stands outside the blocks subject, text, html and list_unsubscribe, so nobody would get it; move it into "
        "one",
    ),
    "no_mapping": Text("应为“键: 值”形式的 YAML", "expected YAML with `key: value` lines"),
    "circle": Text("布局文件互相引用，形成循环：{found}", "layouts go round in a circle: {found}"),
    "no_file": Text(
        "引用的文件 {found} 不存在；布局文件须在模板目录内，文件名以 _ 开头",
        "there is no layout {found}; layouts lie in the templates folder and begin with _",
    ),
    "dynamic_file": Text(
        "include、extends、import 的文件名必须直接写明", "name the file of an include, extends or import directly"
    ),
    "unknown_filter": Text("没有过滤器 {found}；可用：{known}", "there is no filter {found}; known: {known}"),
    "unknown_test": Text("没有测试 {found}；可用：{known}", "there is no test {found}; known: {known}"),
    "method": Text(
        "不能调用方法 {found}；请改用过滤器，例如 {{{{ contact.name | upper }}}}",
        "the method {found} can't be called; use a filter, as in {{{{ contact.name | upper }}}}",
    ),
    "whole": Text(
        "请写明具体字段，例如 {found}.name，不能使用整个 {found}",
        "name a field, such as {found}.name, not the whole of {found}",
    ),
    # rendering
    "missing": Text("{place}：缺少变量 {variable}，不发送", "{place}: the variable {variable} is missing; not sent"),
    "empty": Text("{place}：渲染后 {part} 为空，不发送", "{place}: the {part} is empty once rendered; not sent"),
    "bad_unsubscribe": Text(
        "{place}：list_unsubscribe 块须是一个 https:// 或 mailto: 地址，不含空格与中文；不发送。中文用 urlencode",
        "{place}: the block list_unsubscribe must be one https:// or mailto: address without spaces or letters other "
        "than ASCII; not sent. The filter urlencode makes other letters fit",
    ),
    "too_much": Text("{place}：内容过长或循环过多，不发送", "{place}: too long or too many loops; not sent"),
    "forbidden": Text(
        "{place}：模板不允许这样做，不发送：{reason}",
        "{place}: a template may not do this; not sent: {reason}",
    ),
    "unrendered": Text(
        "参数 {name} 因人而异，请读 item.params.{name}，不要读 params.{name}",
        "the parameter {name} differs from person to person: read item.params.{name}, not params.{name}",
    ),
    "failed": Text("{place}：无法渲染，不发送：{reason}", "{place}: can't be rendered; not sent: {reason}"),
}
