"""Values that stand where an identity should and name nobody: what programs, spreadsheets and people write for nothing.

Taken for an identity, one of them makes a single person of all strangers who have it.
"""

from __future__ import annotations

import re
import unicodedata

_WRITTEN = r"""
undefined null nul none nil nan na n/a n.a. #n/a #na #null! #ref! #value! #name? #num! #div/0! inf infinity true false
unknown empty blank missing anonymous guest noname nobody noemail nomail nophone notset unset notavailable
notapplicable placeholder default tbd todo xxx xxxx xxxxx xxxxxx (null) (none) (empty) \n nullnull undefinedundefined
[objectobject] [objectnull] [objectundefined]
无 無 没有 沒有 空 空值 空白 暂无 暫無 未知 不详 不詳 未填 未填写 未提供 待定 待补 待补充 匿名 游客 默认 不明 無效 无效
"""
_WRITTEN_MAILBOXES = """
noreply no-reply no_reply donotreply do-not-reply nobody noemail no-email nomail no-mail none null undefined na n-a
unknown"""
_WORDS = frozenset(_WRITTEN.split())
_MAILBOXES = frozenset(_WRITTEN_MAILBOXES.split())
_HOSTS = frozenset({"none", "null", "undefined", "nomail", "noemail"})
_SPOILT = re.compile(r"[+-]?\d(?:\.\d+)?e[+-]?\d+\Z")
"""What a spreadsheet makes of a long number."""
_UNFILLED = re.compile(r"%\(?\w*\)?\$?[sd]\Z|\{\w*\}\Z|\[\w*\]\Z|<\w*>\Z|.*(?:\{\{|\}\}|\$\{|<%)")
"""A place in a template that nobody filled in."""
_REPEATED = re.compile(r"(\d)\1{7}\Z")


def is_nobody(kind: str, text: str) -> bool:
    """Whether a value in its normal form is one that is written for nothing."""
    if kind == "phone":
        return bool(_REPEATED.search(text))  # 13800000000, 18888888888
    word = text.casefold()
    if kind == "email":
        mailbox, _, host = word.partition("@")
        return mailbox in _MAILBOXES or host.partition(".")[0] in _HOSTS or _says_nothing(mailbox)
    return word in _WORDS or bool(_SPOILT.match(word)) or bool(_UNFILLED.match(word)) or _says_nothing(word)


def _says_nothing(word: str) -> bool:
    """No letter and no digit but zeros: `-`, `0`, `--`, `00000000-0000-0000-0000-000000000000`."""
    return all(sign == "0" or unicodedata.category(sign)[0] not in "LN" for sign in word)
