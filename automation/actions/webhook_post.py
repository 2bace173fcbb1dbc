"""`webhook.post`: tells another system, through the ledger."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from automation.actions.base import Action, ActionContext, Item, Outbound, Result
from automation.catalogue.model import FieldType
from automation.i18n import Text, say
from automation.plugin import Params, param
from automation.rules.params import TemplateText

if TYPE_CHECKING:
    from automation.rules.telling import Telling

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}\Z", re.ASCII)


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or re.search(r"[\s{}]", value):
        raise PydanticCustomError("actions.bad_url", "not a usable URL", {"found": value})
    return value


def _headers(value: dict[str, str]) -> dict[str, str]:
    for name, text in value.items():
        if not _HEADER.match(name) or "\n" in text or "\r" in text:
            raise PydanticCustomError("actions.bad_header", "not a usable header", {"found": name})
    return value


class WebhookPostParams(Params):
    url: Annotated[str, AfterValidator(_url)] = param(zh="https 地址", en="the https address")
    body: Annotated[dict[str, Any], TemplateText()] = param(
        {}, zh="请求体（JSON），文本可含 {{ }}", en="the JSON body; texts may hold {{ }}"
    )
    headers: Annotated[dict[str, str], AfterValidator(_headers)] = param(
        {}, zh="附加的请求头", en="headers to send along"
    )


class WebhookPost(Action):
    """Posts JSON to an address, signed by the provider. The address is fixed: nothing a contact says can change it.

    Plain http and private addresses are refused when sending, unless the settings allow them.
    """

    type = "webhook.post"
    title = Text("调用 Webhook", "call a webhook")
    sends = True
    on_error_default = "continue"
    outputs = {"status": FieldType.TEXT, "channel": FieldType.TEXT}

    Params: ClassVar[Any] = WebhookPostParams

    def run(self, params: Any, items: Sequence[Item], context: ActionContext) -> Sequence[Result]:
        headers = dict(params.headers)
        return [
            Outbound(("webhook",), payload={"body": item.params.body, "headers": headers}, address=params.url)
            for item in items
        ]

    def sentence(self, params: Any, telling: Telling) -> str:
        """The address without its query, the names of what goes along: values may be secret."""
        parts = urlsplit(params.url)
        address = f"{parts.scheme}://{parts.netloc}{parts.path}" + ("?…" if parts.query else "")
        told = say("explain.webhook", url=address)
        names = [*params.body, *params.headers]
        return say("explain.webhook_with", sentence=told, names=telling.listed(names)) if names else told
