"""The reckoning: what was fed is computed again in Python and held against the tables and the providers' books."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from automation.clock import to_ms
from automation.store import schema
from automation.store.database import Database
from tests.storm.feed import Person, bad, batch, everything
from tests.storm.project import STOCK
from tests.storm.weather import Sent, Weather

STOPPED = {"failed.out_of_stock"}
"""Why a run of these rules may fail."""


SURE_MS = 240_000


class Reckoning:
    """`faults` must be empty; `figures` are what a storm has to show."""

    def __init__(
        self, database: Database, weather: Weather, people: Mapping[str, int], seed: int, batches: int, died: list[str]
    ) -> None:
        self._database, self._batches, self._seed = database, batches, seed
        self._contact = people
        self._person = {people[p.member]: p for p in map(Person, range(len(people)))}
        self._facts = {fact.ref: fact for fact in everything(seed, batches)}
        self._book = Counter(weather.book())
        self._hook = weather.receiver.url + "/hook"
        self._twilio = list(weather.twilio.messages)
        self._bad_answers = sum(one.bad_answers for one in weather.all)
        self._load()
        self.faults: list[str] = [*died]
        checks = (
            self._events, self._runs, self._ends, self._turns, self._occurrences, self._coupons, self._ledger,
            self._story,
        )  # fmt: skip
        for check in checks:
            self.faults += [f"{check.__name__.strip('_')}: {fault}" for fault in check()]

    @property
    def figures(self) -> dict[str, int]:
        kinds = Counter(message.status for message in self._message.values())
        return {
            "events": len(self._facts),
            "runs": len(self._run),
            "messages": len(self._message),
            "accepted": kinds["accepted"],
            "failed": kinds["failed"],
            "not sent": kinds["dropped"],
            "unknown": kinds["unknown"],
            "of them sent": len(self._sent_unknown()),
            "bad answers": self._bad_answers,
            "retries": self._codes["message.retrying"],
            "doubled": sum(count - 1 for count in self._book.values()),
            "lost": sum(fault.startswith(("events", "runs", "ledger: lost")) for fault in self.faults),
            "faults": len(self.faults),
        }

    def _load(self) -> None:
        tables = schema.metadata.tables
        with self._database.read() as conn:
            rows = {name: list(conn.execute(select(tables[name]))) for name in _READ}
        self._rule = {row.id: row.key for row in rows["rule"]}
        self._event = {row.id: row for row in rows["event"]}
        self._run = {row.id: row for row in rows["run"]}
        self._message = {row.id: row for row in rows["message"]}
        self._occurrence = rows["occurrence"]
        self._code, self._batch_row = rows["coupon_code"], {row.id: row for row in rows["coupon_batch"]}
        self._quarantine = rows["quarantine"]
        self._entries = sorted(rows["execution_log"], key=lambda row: row.id)
        self._codes = Counter(row.code for row in self._entries)
        self._log: dict[str, dict[int, Counter[str]]] = {
            "run_id": defaultdict(Counter), "message_id": defaultdict(Counter), "event_id": defaultdict(Counter),
        }  # fmt: skip
        for row in rows["execution_log"]:
            for column, found in self._log.items():
                if getattr(row, column) is not None:
                    found[getattr(row, column)][row.code] += 1

    # ------------------------------------------------------------ what must be

    def _events(self) -> Iterator[str]:
        """Every acknowledged event is there once, with its person; what is no event is in quarantine."""
        fed = [row for row in self._event.values() if row.source == "storm"]
        stored = Counter(row.message_id for row in fed)
        yield from (f"lost {ref}" for ref in self._facts.keys() - stored.keys())
        yield from (f"nobody sent {ref}" for ref in stored.keys() - self._facts.keys())
        yield from (f"{ref} is there {count} times" for ref, count in stored.items() if count > 1)
        for row in fed:
            fact = self._facts.get(row.message_id)
            if fact and (row.name, row.contact_id) != (fact.name, self._contact[fact.person.member]):
                yield f"{row.message_id} is {row.name} of contact {row.contact_id}"
        wrong = {line for n in range(self._batches) for line in batch(self._seed, n) if line == bad(n)}
        if {row.payload for row in self._quarantine} != wrong:
            yield "the quarantine holds something else than was wrong"

    def _runs(self) -> Iterator[str]:
        """Each event entered its person into its rule once; each firing of the clock everybody in its audience."""
        wanted = Counter((fact.rule, self._contact[fact.person.member], ref) for ref, fact in self._facts.items())
        for row in self._occurrence:
            if row.status == "done":
                wanted.update((("clock", c, row.key) for c, p in self._person.items() if p.gold))
        found = Counter((self._rule[run.rule_id], run.contact_id, self._ref(run)) for run in self._run.values())
        yield from (f"{key} entered {found[key]} times instead of {wanted[key]}" for key in found | wanted
                    if found[key] != wanted[key])  # fmt: skip

    def _ends(self) -> Iterator[str]:
        """Each run has ended, and not for a reason of the storm's."""
        payers = {self._contact[fact.person.member] for fact in self._facts.values() if fact.rule == "paid"}
        for run in self._run.values():
            if run.reason == "exited.goal" and self._rule[run.rule_id] == "viewed" and run.contact_id in payers:
                continue
            if run.ended_at is None or run.status not in ("done", "failed"):
                yield f"run {run.id} of {self._rule[run.rule_id]} is {run.status}, due {run.due_at}"
            elif run.status == "failed" and run.reason not in STOPPED:
                yield f"run {run.id} of {self._rule[run.rule_id]} failed: {run.reason}"

    def _turns(self) -> Iterator[str]:
        """Who queues comes in when the one before is out."""
        inside: dict[int, int] = {}
        for row in self._entries:
            if self._rule.get(row.rule_id) != "asked" or row.code not in ("entered", "completed"):
                continue
            if row.code == "completed":
                inside.pop(row.contact_id, None)
            elif inside.setdefault(row.contact_id, row.run_id) != row.run_id:
                yield f"run {row.run_id} came in while run {inside[row.contact_id]} was inside"

    def _occurrences(self) -> Iterator[str]:
        """Firing after firing, without a gap; entered + skipped = looked at."""
        rows = sorted(self._occurrence, key=lambda row: row.due_at)
        for before, row in pairwise(rows):
            if row.due_at - before.due_at != 120_000:
                yield f"between {before.key} and {row.key} one is missing, or there are two"
        for row in rows:
            counts = row.entered + sum(row.skipped.values())
            if row.status == "done" and (row.looked_at, counts) != (len(self._person), len(self._person)):
                yield f"{row.key} looked at {row.looked_at}: {row.entered} entered, skipped {row.skipped}"
            elif row.status not in ("done", "missed"):
                yield f"{row.key} is {row.status}"

    def _coupons(self) -> Iterator[str]:
        """No code twice, none over stock, one for each run that was to have one; back only when nobody was told."""
        given = [row for row in self._code if row.status in ("issued", "returned")]
        yield from (f"code {code} twice" for code, count in Counter(row.code for row in given).items() if count > 1)
        yield from (f"run {id_} has {n} codes" for id_, n in Counter(row.run_id for row in given).items() if n > 1)
        told = {m.run_id for m in self._message.values() if m.status in ("accepted", "unknown")}
        for row in given:
            if row.contact_id != self._run[row.run_id].contact_id:
                yield f"code {row.code} belongs to somebody else"
            if (row.status == "issued") != (row.run_id in told):
                yield f"code {row.code} is {row.status}"
        yield from self._stock(given)

    def _stock(self, given: list[Any]) -> Iterator[str]:
        kept: Counter[str] = Counter()
        for row in given:
            kept[self._batch_row[row.batch_id].key] += row.status == "issued"
        (stock,) = [row.issued for row in self._batch_row.values() if row.key == "FEW"]
        refused = sum(run.status == "failed" for run in self._run.values())
        if stock != kept["FEW"] or stock > STOCK:
            yield f"the stock of FEW says {stock}, {kept['FEW']} are with people"
        asked = sum(self._rule[run.rule_id] in ("paid", "clock") for run in self._run.values())
        if len(given) != asked - refused:
            yield f"{len(given)} codes were given for {asked - refused} runs"

    def _ledger(self) -> Iterator[str]:
        """The providers' books and ours: accepted once, unknown once or not at all, the rest never; nothing else."""
        ours: Counter[Sent] = Counter()
        for message in self._message.values():
            sent = self._as_sent(message)
            ours[sent] += 1
            reached = self._book[sent]
            if message.status not in ("accepted", "unknown", "failed", "dropped"):
                yield f"message {message.id} is {message.status}"
            elif message.status == "accepted" and reached != 1:
                yield f"{'doubled' if reached else 'lost'}: message {message.id} is accepted, but {reached} in the book"
            elif message.status == "unknown" and reached and self._could_tell(sent, message):
                yield f"message {message.id} is unknown, and Twilio could have told"
            elif message.status == "unknown" and reached > 1:
                yield f"doubled: message {message.id} is unknown, the book has it {reached} times"
            elif message.status in ("failed", "dropped") and reached:
                yield f"message {message.id} is {message.status}, the book has it {reached} times"
        yield from (f"{sent} stands in the ledger {count} times" for sent, count in ours.items() if count > 1)
        yield from (f"{sent} stands in a book and not in the ledger" for sent in self._book.keys() - ours.keys())
        yield from self._forgotten()

    def _forgotten(self) -> Iterator[str]:
        """Whoever was to be reached was, or the ledger says what stood in the way."""
        by_run: dict[int, dict[str, str]] = defaultdict(dict)
        for message in self._message.values():
            by_run[message.run_id][message.channel] = message.status
        for run in self._run.values():
            wanted, person = self._wanted(run), self._person[run.contact_id]
            found = by_run[run.id]
            reached = {channel for channel, status in found.items() if status == "accepted"}
            in_doubt = {channel for channel, status in found.items() if status == "unknown"}
            if found.get("sms") == "failed" and self._in_doubt(run.id):
                continue  # it was unknown when the run went on; what was learned later sends nothing
            if run.reason == "exited.goal":
                continue  # what was queued for them was dropped, what was on its way arrived
            if not reached <= wanted or len(reached) + len(in_doubt) > 1 or (wanted and not reached | in_doubt):
                yield f"lost: run {run.id} of {self._rule[run.rule_id]} for a {person.kind} one: {found}"

    def _in_doubt(self, run_id: int) -> bool:
        return bool(self._log["run_id"][run_id]["message.unknown"])

    def _wanted(self, run: Any) -> set[str]:
        """The channels on which a run can have reached its person: on one of them it must have, if there are any."""
        person, rule = self._person[run.contact_id], self._rule[run.rule_id]
        if rule in ("refunded", "added", "asked", "viewed"):
            return {"webhook"}
        if rule == "downloaded":
            return set() if person.kind == "silent" else {"email"}
        if run.status == "failed":
            return set()
        sms = {"sms"} if person.kind in ("fine", "silent") else set()
        return sms | {"email"} if rule == "visited" else sms

    def _story(self) -> Iterator[str]:
        """The log tells each run from its entry to its end, and each message from the queue to its outcome, once."""
        for run in self._run.values():
            codes = self._log["run_id"][run.id]
            ends = codes["completed"] + codes["stopped"] + codes["failed.step"] + codes["exited.goal"]
            if codes["entered"] != 1 or ends != 1:
                yield f"run {run.id} entered {codes['entered']} times and ended {ends} times: {dict(codes)}"
        for message in self._message.values():
            codes = self._log["message_id"][message.id]
            told = {name: codes[name] for name in _OUTCOMES if codes[name]}
            twice = [name for name, n in told.items() if n > 1 and name != "message.unknown"]
            last = _ENDS[message.status]
            if codes["message.queued"] != 1 or not told.keys() & last or twice:
                yield f"message {message.id} is {message.status}, the log says {dict(codes)}"

    # ------------------------------------------------------------ how to tell

    def _ref(self, run: Any) -> str:
        """What a run is about: the event's own name for itself, or the firing's key."""
        return str(self._event[run.event_id].message_id) if run.event_id is not None else str(run.key)

    def _as_sent(self, message: Any) -> Sent:
        run = self._run[message.run_id]
        person = self._person[message.contact_id]
        to = {"sms": person.phone, "email": person.email, "webhook": self._hook}[message.channel]
        if self._rule[run.rule_id] == "clock":
            return Sent(message.channel, to, next((c.code for c in self._code if c.run_id == run.id), "no code"))
        return Sent(message.channel, to, self._ref(run))

    def _could_tell(self, sent: Sent, message: Any) -> bool:
        """Whether Twilio shows it as created when we handed it over. Of a clock so fast, a slow second is a minute."""
        created = [to_ms(one.created) for one in self._twilio if sent.token in one.body]
        return bool(message.channel == "sms" and abs(created[0] - message.sent_at) < SURE_MS)

    def _sent_unknown(self) -> list[int]:
        return [m.id for m in self._message.values() if m.status == "unknown" and self._book[self._as_sent(m)]]


_READ = ("rule", "event", "run", "message", "occurrence", "coupon_code", "coupon_batch", "quarantine", "execution_log")
_OUTCOMES = ("message.accepted", "message.settled", "message.unknown", "failed.permanent", "failed.attempts",
             "failed.expired", "skipped.ended", "skipped.bad_contact", "skipped.suppression",
             "skipped.consent")  # fmt: skip
_ENDS = {
    "accepted": {"message.accepted", "message.settled"},
    "unknown": {"message.unknown"},
    "failed": {"message.settled", "failed.permanent", "failed.attempts", "failed.expired"},
    "dropped": {"skipped.ended", "skipped.bad_contact", "skipped.suppression", "skipped.consent", "failed.permanent"},
    "queued": set(),
    "sending": set(),
}
