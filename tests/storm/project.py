"""The project of a storm: one rule per kind of journey, three providers, and people of whom everything is known."""

from __future__ import annotations

from pathlib import Path

from automation.clock import SystemClock, to_ms
from automation.contacts.consent import ConsentChange, record_consent
from automation.contacts.profile import update_attributes
from automation.contacts.resolve import resolve
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database
from tests.fakes.sendgrid import API_KEY
from tests.fakes.sendgrid import SENDER as MAIL_SENDER
from tests.fakes.twilio import ACCOUNT, SENDER, TOKEN
from tests.fakes.webhook import SECRET
from tests.storm.feed import PEOPLE, Person

STOCK = 120
LEASE_S = 120  # of a clock that runs sixty times as fast: two seconds
CATALOG = f"""
contact: {{level: text}}
events:
  order.paid: {{label: 已付款, properties: {{ref: text}}}}
  whitepaper.downloaded: {{label: 下载, properties: {{ref: text}}}}
  store.visited: {{label: 到店, properties: {{ref: text}}}}
  order.refunded: {{label: 退款, properties: {{ref: text}}}}
  cart.added: {{label: 加购, properties: {{ref: text}}}}
  store.asked: {{label: 询问, properties: {{ref: text}}}}
  page.viewed: {{label: 浏览, properties: {{ref: text}}}}
coupons:
  FEW: {{label: 少, kind: generated, stock: {STOCK}, per_contact: 1000, valid_for: 14d, prefix: FE}}
  MANY: {{label: 多, kind: generated, per_contact: 100000, valid_for: 14d, prefix: MA}}
"""
RULES = """
rules:
  - id: paid
    name: 发券并短信
    trigger: {type: event, with: {name: order.paid}}
    mode: {on_again: parallel, per: contact}
    guards: {consent: transactional}
    steps:
      - do: coupon.issue
        with: {batch: FEW, valid_for: 7d}
        save_as: coupon
      - do: sms.send
        with: {template: coupon}
  - id: downloaded
    name: 等一等再发邮件
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    mode: {on_again: parallel, per: contact}
    guards: {consent: marketing}
    steps:
      - wait: 1m
      - do: email.send
        with: {template: later}
  - id: visited
    name: 短信不成再邮件
    trigger: {type: event, with: {name: store.visited}}
    mode: {on_again: parallel, per: contact}
    guards: {consent: transactional}
    steps:
      - do: message.send
        with: {channels: [sms, email], template: either}
  - id: refunded
    name: 通知别的系统
    trigger: {type: event, with: {name: order.refunded}}
    mode: {on_again: parallel, per: contact}
    guards: {consent: transactional}
    steps:
      - do: webhook.post
        with: {url: "HOOK", body: {ref: "{{ event.ref }}"}}
  - id: added
    name: 等付款或到时
    trigger: {type: event, with: {name: cart.added}}
    mode: {on_again: parallel, per: contact}
    guards: {consent: transactional}
    steps:
      - wait_for: {event: order.paid, within: 2m}
        then:
          - do: webhook.post
            with: {url: "HOOK", body: {ref: "{{ event.ref }}"}}
        else:
          - do: webhook.post
            with: {url: "HOOK", body: {ref: "{{ event.ref }}"}}
  - id: asked
    name: 一个一个来
    trigger: {type: event, with: {name: store.asked}}
    mode: {on_again: queue, per: contact}
    guards: {consent: transactional}
    steps:
      - do: webhook.post
        with: {url: "HOOK", body: {ref: "{{ event.ref }}"}}
      - wait: 1m
  - id: viewed
    name: 目标达成就不打扰
    trigger: {type: event, with: {name: page.viewed}}
    mode: {on_again: parallel, per: contact}
    guards: {consent: transactional}
    steps:
      - wait: 2m
      - do: webhook.post
        with: {url: "HOOK", body: {ref: "{{ event.ref }}"}}
    goal: {event: order.paid, within: 1d}
  - id: clock
    name: 每两分钟
    trigger: {type: schedule, with: {every: 2m}}
    audience: [{contact.level: gold}]
    mode: {on_again: parallel, per: contact}
    guards: {consent: transactional}
    steps:
      - do: coupon.issue
        with: {batch: MANY}
        save_as: coupon
      - do: sms.send
        with: {template: clock}
"""
MAIL = (
    "{% block subject %}您好 {{ event.ref }}{% endblock %}{% block html %}<p>资料 #{{ event.ref }}#</p>{% endblock %}"
)
TEMPLATES = {
    "coupon.sms.j2": "券码 {{ coupon.code }} #{{ event.ref }}#",
    "clock.sms.j2": "券码 #{{ coupon.code }}#",
    "either.sms.j2": "欢迎 #{{ event.ref }}#",
    "either.email.html.j2": MAIL,
    "later.email.html.j2": MAIL,
}
# Four bad answers in a row happen to some message in every few storms; ten in none.
SETTINGS = f"""
lang = "en"
[daemon]
tick_seconds = 0.05
reload_seconds = 1.0
[delivery]
lease_seconds = {LEASE_S}
batch_size = 16
backoff_seconds = 5
max_attempts = 10
failure_limit = "none"
breaker = {{seconds = 30}}
[webhook]
allow_private = true
[providers.sms]
type = "twilio"
account_sid = "{ACCOUNT}"
from_number = "{SENDER}"
base_url = "TWILIO"
timeout = 0.6
auth_token = {{file = "twilio.secret"}}
[firings]
ask_from = 1000000
[providers.email]
type = "sendgrid"
sender = "{MAIL_SENDER}"
base_url = "SENDGRID"
timeout = 0.6
api_key = {{file = "sendgrid.secret"}}
[providers.webhook]
type = "webhook"
timeout = 0.6
secret = {{file = "webhook.secret"}}
"""


def lay_out(folder: Path, twilio: str, sendgrid: str, hook: str) -> Project:
    """Write the project's files and read them; AssertionError when one of them is wrong."""
    (folder / "templates").mkdir(parents=True)
    settings = SETTINGS.replace("TWILIO", twilio).replace("SENDGRID", sendgrid)
    files = {
        "automation.toml": settings, "rules.yaml": RULES.replace("HOOK", hook), "catalog.yaml": CATALOG,
        "twilio.secret": TOKEN, "sendgrid.secret": API_KEY, "webhook.secret": SECRET,
        **{f"templates/{name}": text for name, text in TEMPLATES.items()},
    }  # fmt: skip
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    project = Project.load(Settings.load(folder))
    errors = [p.shown("en") for p in project.problems if p.severity == "error"]
    assert errors == [], "\n".join(errors)
    return project


def settle_people(database: Database, project: Project) -> dict[str, int]:
    """Everybody whom the feed names, as contacts: {member_no: contact id}."""
    people = [Person(number) for number in range(PEOPLE)]
    now = to_ms(SystemClock().now())
    identities = [{"member_no": p.member, "phone": p.phone, "email": p.email} for p in people]
    with database.write() as conn:
        found = resolve(conn, project.catalogue, identities, now, create=True, actor="storm")
        ids = {p.member: id_ for p, id_ in zip(people, found, strict=True) if isinstance(id_, int)}
        update_attributes(conn, {ids[p.member]: {"level": "gold"} for p in people if p.gold}, now, "storm")
        granted = [ids[p.member] for p in people if p.kind != "silent"]
        record_consent(conn, [ConsentChange(id_, "marketing", "*", "granted", "storm", now) for id_ in granted])
    assert len(ids) == PEOPLE
    return ids
