"""The examples of the reference. Each is checked against the project beside this file: none has an error."""

from __future__ import annotations

RULES: dict[str, str] = {
    "file": """
timezone: Asia/Shanghai
defaults:
  quiet_hours: {from: "21:00", to: "09:00", then: delay}
  frequency_cap:
    - {max: 1, per: 1d, channel: sms}
    - {max: 4, per: 7d}
  holdout: 5%
segments:
  big_spenders:
    - contact.spent: {gte: 1000}
    - did: {event: order.paid, within: 180d}
  vip:
    - any:
        - segment: big_spenders
        - contact.level: 金卡
rules:
  - id: welcome
    trigger: {type: event, with: {name: member.joined}}
    audience:
      - none: [{segment: vip}]
    steps:
      - do: sms.send
        with: {template: welcome}
""",
    "rule": """
rules:
  - id: birthday_coupon
    name: 生日前 3 天送券
    owner: 会员运营
    enabled: true
    timezone: Asia/Shanghai
    trigger: {type: anniversary, with: {field: contact.birthday, offset: -3d, at: "10:00"}}
    audience:
      - contact.level: [银卡, 金卡]
    guards: {consent: marketing, cooldown: 330d}
    exit_when:
      - did: {event: order.paid, since: entry}
    priority: 50
    catch_up: latest
    expires_after: 2d
    max_attempts: 5
    max_audience: 50000
    failure_limit: 20%
    on_unknown: hold
    on_change: finish
    steps:
      - do: coupon.issue
        with: {batch: BDAY_50}
        save_as: coupon
      - do: message.send
        with: {channels: [wechat, sms], template: birthday}
""",
    "mode": """
rules:
  - id: stock_out_rescue
    trigger: {type: event, with: {name: store.stock_out, contact: event.member_id}}
    mode: {on_again: queue, per: [contact, event.sku]}
    steps:
      - wait: 1d
      - do: contact.tag
        with: {add: [缺货关怀]}
""",
    "do": """
rules:
  - id: thanks
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - id: gift
        name: 送一张券
        do: coupon.issue
        with: {batch: BDAY_50, valid_for: 7d}
        save_as: coupon
        on_error: continue
""",
    "wait": """
rules:
  - id: follow_up
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - wait: 3d
      - wait: {until: "10:00"}
      - wait: {until: contact.birthday, offset: -1d, at: "10:00"}
      - do: contact.tag
        with: {add: [已跟进]}
""",
    "references": """
rules:
  - id: best_order
    trigger: {type: event, with: {name: order.paid}}
    mode: {on_again: skip, per: [contact, event.order_id]}
    audience:
      - event.amount: {gte: contact.spent}
      - did_not: {event: order.paid, where: {order_id: {is_not: event.order_id}, amount: {gte: event.amount}}}
    steps:
      - wait_for: {event: order.paid, where: {amount: {gt: event.amount}}, within: 7d}
        then: [{stop: 又有更大的一单}]
      - do: contact.update
        with: {set: {spent: event.amount}}
      - do: contact.tag
        with: {add: [event.order_id]}
""",
    "vars": """
rules:
  - id: gold_gift
    trigger: {type: event, with: {name: member.joined}}
    vars: {gift: 金卡礼包, days: 14, enough: 5000}
    steps:
      - if: [{contact.points: {gte: vars.enough}}]
        then:
          - do: webhook.post
            with: {url: "https://crm.example.com/gifts", body: {gift: "{{ vars.gift }}", days: "{{ vars.days }}"}}
""",
    "wait_for": """
rules:
  - id: first_order
    trigger: {type: event, with: {name: member.joined}}
    steps:
      - id: order
        wait_for: {event: order.paid, where: {amount: {gte: 100}}, within: 3d}
        save_as: paid
        then:
          - if: [{paid.amount: {gte: 1000}}]
            then: [{do: contact.tag, with: {add: [大客户]}}]
        else:
          - do: sms.send
            with: {template: welcome}
""",
    "repeat": """
rules:
  - id: remind
    trigger: {type: event, with: {name: member.joined}}
    steps:
      - repeat:
          times: 3
          every: 7d
          until:
            - did: {event: order.paid, since: entry}
          steps:
            - do: sms.send
              with: {template: welcome}
""",
    "if": """
rules:
  - id: by_amount
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - if:
          - event.amount: {gte: 1000}
        then:
          - do: contact.tag
            with: {add: [大客户]}
        elif:
          - if:
              - event.amount: {gte: 200}
            then:
              - do: contact.tag
                with: {add: [活跃客户]}
        else:
          - stop: 金额不够
""",
    "split": """
rules:
  - id: subject_test
    trigger: {type: event, with: {name: member.joined}}
    steps:
      - split:
          name: story
          arms:
            - {arm: A, weight: 50, steps: [{do: email.send, with: {template: birthday}}]}
            - {arm: B, weight: 50, steps: [{do: sms.send, with: {template: welcome}}]}
""",
    "stop": """
rules:
  - id: not_now
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - if:
          - contact.level: 普卡
        then:
          - stop: true
      - do: contact.tag
        with: {add: [重点会员]}
""",
    "goal": """
rules:
  - id: with_goal
    trigger: {type: event, with: {name: member.joined}}
    steps:
      - do: sms.send
        with: {template: welcome}
    goal: {event: order.paid, where: {amount: {gte: 100}}, within: 7d}
""",
    "attribution": """
rules:
  - id: with_attribution
    trigger: {type: event, with: {name: store.stock_out, contact: event.member_id}}
    steps:
      - do: contact.tag
        with: {add: [缺货关怀]}
    attribution: {credit: store, id: event.store_id, window: 3d}
""",
    "tests": """
rules:
  - id: with_tests
    trigger: {type: anniversary, with: {field: contact.birthday}}
    audience:
      - contact.level: 金卡
    steps:
      - do: coupon.issue
        with: {batch: BDAY_50}
    tests:
      - name: 金卡会员生日当天 → 发券
        given: {contact.level: 金卡, contact.birthday: 1990-08-04}
        at: 2026-08-04 10:00
        expect: [coupon.issue]
      - name: 普卡会员 → 不进入
        given: {contact.level: 普卡, contact.birthday: 1990-08-04}
        at: 2026-08-04 10:00
        expect: skipped.audience
      - name: 一周之后再看 → 仍只有一张券
        given: {contact.level: 金卡, contact.birthday: 1990-08-04, tags: [老客]}
        at: 2026-08-04 10:00
        events: [{advance: 7d}]
        expect: {entered: true, coupons: {BDAY_50: 1}, messages: none, state: done}
""",
    "digest": """
rules:
  - id: daily_digest
    trigger: {type: event, with: {name: order.paid}}
    digest: {for: 1d, at: "18:00"}
    guards: {consent: transactional}
    steps:
      - if: [{digest.count: {gte: 3}}]
        then: [{do: contact.tag, with: {add: [活跃买家]}}]
      - do: sms.send
        with: {template: welcome}
""",
    "guards": """
rules:
  - id: guarded
    trigger: {type: event, with: {name: order.paid}}
    guards:
      consent: marketing
      quiet_hours: {from: "22:30", to: "08:00", then: drop}
      frequency_cap:
        - {max: 2, per: 7d, channel: sms, scope: rule}
      cooldown: 30d
      holdout: 10%
      budget: {messages: 10000, cost: 500}
    steps:
      - do: sms.send
        with: {template: welcome}
""",
    "limits": """
rules:
  - id: limited
    trigger: {type: event, with: {name: order.paid}}
    guards:
      limit:
        - {max: 10, per: month, of: coupons}
        - {max: 3, per: day, of: entries, scope: all}
    steps:
      - do: coupon.issue
        with: {batch: BDAY_50}
""",
    "windows": """
rules:
  - id: office_hours
    trigger: {type: event, with: {name: order.paid}}
    guards:
      send_window: {days: workdays, from: "09:00", to: "18:00"}
      quiet_hours:
        - {from: "12:00", to: "13:30"}
        - {days: [fri], from: "16:00", to: "18:00", then: drop}
    steps:
      - do: sms.send
        with: {template: welcome}
""",
    "transactional": """
rules:
  - id: receipt
    trigger: {type: event, with: {name: order.paid}}
    guards: {consent: transactional, quiet_hours: none, frequency_cap: none, cooldown: none}
    steps:
      - do: sms.send
        with: {template: welcome}
""",
}
"""By the section of the page."""

TRIGGERS: dict[str, str] = {
    "event": """
trigger:
  type: event
  with:
    name: order.paid
    where: [{event.amount: {gte: 500}}]
    after: {event: member.joined, within: 30d}
    not_followed_by: {event: order.paid, within: 7d}
""".strip(),
    "anniversary": 'trigger: {type: anniversary, with: {field: contact.birthday, offset: -3d, at: "10:00"}}',
    "schedule": 'trigger: {type: schedule, with: {cron: "0 9 * * mon"}}',
    "inactivity": 'trigger: {type: inactivity, with: {event: order.paid, for: 90d, at: "10:00"}}',
    "segment": "trigger: {type: segment, with: {name: big_spenders, on: entered, sweep: 1h}}",
    "poll": """
trigger:
  type: poll
  with:
    source: erp
    query: |
      SELECT sku, store_id, member_id, changed_at FROM stock
      WHERE quantity = 0 AND changed_at > :watermark ORDER BY changed_at LIMIT 500
    watermark: changed_at
    start: "2026-08-01 00:00:00"
    every: 5m
    key: [store_id, sku, changed_at]
    event: store.stock_out
    contact: event.member_id
    occurred_at: changed_at
""".strip(),
}

ACTIONS: dict[str, str] = {
    "message.send": "do: message.send\nwith: {channels: [wechat, sms], template: birthday}",
    "sms.send": "do: sms.send\nwith: {template: welcome}",
    "email.send": "do: email.send\nwith: {template: birthday}",
    "wechat.template": "do: wechat.template\nwith: {template: birthday}",
    "wechat.subscribe": "do: wechat.subscribe\nwith: {template: arrival, page: pages/orders}",
    "wecom.message": "do: wecom.message\nwith: {template: greeting}",
    "wecom.tag": "do: wecom.tag\nwith: {add: [白皮书线索]}",
    "coupon.issue": "do: coupon.issue\nwith: {batch: BDAY_50, valid_for: 14d}\nsave_as: coupon",
    "contact.tag": "do: contact.tag\nwith: {add: [大客户], remove: [新客]}",
    "contact.update": 'do: contact.update\nwith:\n  set: {level: 金卡, city: "{{ contact.city | default(\'未知\') }}"}',
    "event.emit": "do: event.emit\nwith: {name: vip.reached, properties: {level: 金卡}}",
    "webhook.post": 'do: webhook.post\nwith:\n  url: https://crm.example.com/hooks/order\n'
    '  body: {member: "{{ contact.member_no }}", level: "{{ contact.level }}"}',
}  # fmt: skip

CONDITIONS: dict[str, str] = {
    "short": """
- contact.level: 金卡
- contact.city: [上海, 杭州]
""",
    "groups": """
- any:
    - contact.level: 金卡
    - all:
        - contact.level: 银卡
        - contact.points: {gte: 1000}
- none:
    - contact.tags: {has: 员工}
""",
    "history": """
- did: {event: order.paid, where: {amount: {gte: 100}}, within: 90d, at_least: 2}
- did_not: {event: coupon.issued, where: {batch: BDAY_50}, within: 330d}
""",
    "people": """
- reachable: {channel: sms, purpose: marketing}
- reachable: [wechat, email]
- has_identity: wechat_openid
""",
    "segment": """
- segment: big_spenders
- none:
    - contact.tags: {has: 员工}
""",
    "exit": """
- did: {event: order.paid, since: entry}
""",
}

OPERATORS: dict[str, tuple[str, str]] = {
    "is": ("contact.level", "金卡"),
    "is_not": ("contact.level", "普卡"),
    "in": ("contact.level", "[银卡, 金卡]"),
    "not_in": ("contact.city", "[上海, 杭州]"),
    "gt": ("contact.points", "100"),
    "gte": ("contact.spent", "199.00"),
    "lt": ("contact.points", "100"),
    "lte": ("contact.spent", "59.90"),
    "between": ("contact.points", "[100, 500]"),
    "contains": ("contact.city", "海"),
    "not_contains": ("contact.city", "海"),
    "starts_with": ("contact.name", "王"),
    "ends_with": ("contact.email", '"@example.com"'),
    "exists": ("contact.birthday", "true"),
    "has": ("contact.tags", "新客"),
    "has_any": ("contact.tags", "[新客, 沉睡]"),
    "has_all": ("contact.tags", "[大客户, 活跃]"),
    "has_none": ("contact.tags", "[员工, 黑名单]"),
    "before": ("contact.birthday", "2000-01-01"),
    "after": ("contact.joined_at", "2026-01-01 00:00"),
    "on_or_before": ("contact.birthday", "1999-12-31"),
    "on_or_after": ("contact.birthday", "1990-01-01"),
    "within_last": ("contact.joined_at", "30d"),
    "within_next": ("contact.card_expires_on", "14d"),
    "older_than": ("contact.joined_at", "1w"),
}
"""One field and value for each operator."""
