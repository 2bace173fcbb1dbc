"""Sentences of publishing: versions, differences, plans that are approved, rollbacks."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "file_gone": Text(
        "文件 {file} 不见了或是空的，先前一直在用；未作任何改动。如果确实不再需要，请留一个只有注释的文件",
        "{file} is gone or empty, and ran until now; nothing was changed. If it is meant to go, leave a "
        "file with a comment in it",
    ),
    "none_yet": Text(
        "还没有发布过任何内容：publishing.mode 为 explicit 时，须先运行 automation publish --reason 原因",
        "nothing is published yet: with publishing.mode = explicit, run automation publish --reason WHY first",
    ),
    "unknown": Text(
        "没有发布 {found}；现有的见 automation versions", "there is no publication {found}; see automation versions"
    ),
    "other_plugin": Text(
        "{file} 与发布 {publication} 时的内容不同：代码不随发布保存，运行的是目录里的文件",
        "{file} is not what it was when publication {publication} was made: code is not stored, the folder's file runs",
    ),
    "errors": Text(
        "没有发布：文件中有 {count} 处错误（上面已列出）", "not published: {count} errors in the files, listed above"
    ),
    "no_reason": Text("请用 --reason 写明原因", "say why with --reason"),
    "bad_name": Text(
        "姓名须为 1–{longest} 个字符，首尾没有空格：{found}",
        "a name has 1 to {longest} characters and no space around it: {found}",
    ),
    "nothing_new": Text(
        "没有可发布的内容：文件与正在运行的发布 {publication} 相同",
        "nothing to publish: the files are those of publication {publication}, which runs",
    ),
    "moved": Text(
        "没有发布：看过方案之后有了变动（{what}）。请重新查看方案，现在是 {found}",
        "not published: since the plan was shown {what}. Look at the plan again; it is {found} now",
    ),
    "moved_files": Text("文件已修改", "the files changed"),
    "moved_running": Text("正在运行的版本已更换", "another publication has come to run"),
    "moved_counts": Text("数据已变，人数不同", "the data moved: it would reach other people"),
    "moved_unknown": Text("不是同一个方案", "it has become another plan"),
    "not_approved": Text(
        "没有发布：新增或改动的规则将有 {reach} 人进入，超过 {over} 人须由 {author} 以外的人批准：{command}",
        "not published: {reach} people would enter new or changed rules, and above {over} somebody else than {author} "
        "must approve: {command}",
    ),
    "unforeseen": Text(
        "没有发布：推演期内看不出这些规则会有多少人进入：{rules}；须由 {author} 以外的人批准：{command}",
        "not published: nobody can foresee how many people would enter {rules}, so somebody else than {author} must "
        "approve: {command}",
    ),
    "approved_already": Text("{who} 已批准过这个方案", "{who} has approved this plan already"),
    "approved": Text(
        "{who} 已批准方案 {hash}。文件、正在运行的版本或数据一有变动，批准即作废",
        "{who} approved plan {hash}. As soon as the files, what runs or the data move, the approval is void",
    ),
    "published": Text("已发布：发布 {id}，作者 {author}", "published: publication {id}, by {author}"),
    "rolled_back": Text(
        "已回退到发布 {of}：发布 {id}，作者 {author}", "rolled back to {of}: publication {id}, by {author}"
    ),
    "takes_effect": Text(
        "守护进程会在 {seconds} 秒内换用；各条规则里的人按其 on_change 处理",
        "the daemon takes it over within {seconds} seconds; people inside follow each rule's on_change",
    ),
    "files_decide": Text(
        "publishing.mode 为 files：守护进程运行目录里的文件，这里只记录是谁、为何改的",
        "publishing.mode is files: the daemon runs the folder's files anyway; this keeps who changed them and why",
    ),
    "rollback_by_files": Text(
        "publishing.mode 为 files：运行什么由目录里的文件决定，回退须改写文件。加上 --write-files 即写回发布 {id} 的"
        " {count} 个文件，现有文件先备份",
        "publishing.mode is files: the folder's files decide what runs, so a rollback must write them. With "
        "--write-files the {count} files of publication {id} are written back, and today's are kept in a backup",
    ),
    "other_layout": Text(
        "没有回退：发布 {id} 时 automation.toml 的 {setting} 是 {then}，现在是 {now}；请先改回来",
        "not rolled back: in publication {id} the setting {setting} was {then}, and now it is {now}; change it first",
    ),
    "cannot_write": Text("写不了 {file}：{reason}", "{file} can't be written: {reason}"),
    "written": Text("写回 {count} 个文件；原文件在 {backup}", "{count} files written; those before are in {backup}"),
    "plan_is": Text("方案 {hash}", "plan {hash}"),
    "reach": Text(
        "新增或改动的规则将有 {reach} 人进入", "{reach} people would enter rules that are new or have changed"
    ),
    "unknown_version": Text(
        "没有 {found} 这个发布或规则版本；发布用编号，规则版本用哈希，目录里的文件用 files",
        "{found} is no publication and no rule version: publications have numbers, rule versions a hash, and files "
        "means the folder",
    ),
    "ambiguous_version": Text("{found} 可以是：{choices}", "{found} may be: {choices}"),
    "two_rules": Text(
        "{one} 是规则 {first} 的版本，{other} 是规则 {second} 的版本，无法比较",
        "{one} is a version of rule {first} and {other} one of rule {second}: they can't be compared",
    ),
    "mixed_versions": Text(
        "请比较两个发布，或同一规则的两个版本", "compare two publications, or two versions of one rule"
    ),
    "no_difference": Text("两者相同", "they are the same"),
    "runs_now": Text("运行中", "runs"),
    "kind_publish": Text("发布", "publish"),
    "kind_rollback": Text("回退", "rollback"),
    "kind_canary": Text("灰度", "canary"),
    "kind_promote": Text("转全量", "promote"),
    "kind_reload": Text("随文件生效", "reload"),
    "restores": Text("回退到 {id}", "back to {id}"),
    "rule_gone": Text("已删除", "removed"),
    "rule_broken": Text("有错误", "broken"),
}
