"""Sentences about what differs between two states of the rules."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "none": Text("规则没有变化", "no rule changes"),
    "rule_added": Text("新增规则 {rule}（{name}）", "rule {rule} ({name}) is new"),
    "rule_changed": Text("修改规则 {rule}（{name}）", "rule {rule} ({name}) changes"),
    "rule_removed": Text("删除规则 {rule}（{name}）", "rule {rule} ({name}) goes"),
    "key_added": Text("{where}：新增 {new}", "{where}: added {new}"),
    "key_changed": Text("{where}：由 {old} 改为 {new}", "{where}: from {old} to {new}"),
    "key_removed": Text("{where}：删去 {old}", "{where}: removed {old}"),
    "template_reads_otherwise": Text("模板 {template} 的内容有变", "template {template} reads otherwise"),
    "list": Text("、", ", "),
    "file_added": Text("新增文件 {file}", "file {file} is new"),
    "file_changed": Text("修改文件 {file}", "file {file} changes"),
    "file_removed": Text("删除文件 {file}", "file {file} goes"),
    "plugin_added": Text("新增插件 {file}", "plugin {file} is new"),
    "plugin_changed": Text(
        "修改插件 {file}（代码不保存，只比对哈希）", "plugin {file} changes (code is not stored, only its hash)"
    ),
    "plugin_removed": Text("删除插件 {file}", "plugin {file} goes"),
    # the keys of a rule
    "part_name": Text("名称", "name"),
    "part_owner": Text("负责人", "owner"),
    "part_enabled": Text("是否启用", "enabled"),
    "part_timezone": Text("时区", "time zone"),
    "part_trigger": Text("触发", "trigger"),
    "part_audience": Text("受众条件", "audience"),
    "part_guards": Text("守则", "guards"),
    "part_mode": Text("重复进入", "entering again"),
    "part_exit_when": Text("退出条件", "exit condition"),
    "part_steps": Text("步骤", "step"),
    "part_goal": Text("目标", "goal"),
    "part_attribution": Text("归因", "attribution"),
    "part_tests": Text("用例", "test"),
    "part_segments": Text("人群", "segments"),
    "part_priority": Text("优先级", "priority"),
    "part_catch_up": Text("错过的触发", "missed firings"),
    "part_expires_after": Text("过期时间", "expiry"),
    "part_max_attempts": Text("最多尝试次数", "most attempts"),
    "part_max_audience": Text("人数上限", "most people at once"),
    "part_failure_limit": Text("失败率上限", "failure limit"),
    "part_on_unknown": Text("发送结果不明时", "unknown outcomes"),
    "part_on_change": Text("规则改动时里面的人", "people inside when it changes"),
}
