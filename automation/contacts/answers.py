"""A yes or a no about consent, as files and people write it. What is not known is neither."""

from __future__ import annotations

import unicodedata
from typing import Any

from automation.contacts.names import ContactError
from automation.store.bulk import to_json

_GRANTED = "granted yes y true t 1 是 同意 已同意 接受 允许 愿意 订阅 已订阅 accepted agreed subscribed optin opt-in"
_DENIED = (
    "denied no n false f 0 否 不 不是 不同意 未同意 拒绝 已拒绝 拒收 不接受 不允许 不愿意 退订 已退订 取消订阅 未订阅 "
    "rejected refused unsubscribed optout opt-out"
)
_ANSWERS = dict.fromkeys(_GRANTED.split(), "granted") | dict.fromkeys(_DENIED.split(), "denied")


def read_answer(value: Any) -> str:
    """`granted` or `denied` from 同意, 否, yes, 0, True …; ContactError for anything else."""
    state = _ANSWERS.get(value) if isinstance(value, str) else None
    if state is not None:
        return state
    text = unicodedata.normalize("NFKC", value).strip().lower() if isinstance(value, str) else to_json(value)
    state = _ANSWERS.get(text)
    if state is None:
        raise ContactError("contacts.bad_state", found=text[:60])
    return state
