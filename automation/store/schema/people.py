"""People: contacts, their identities, tags, consents, and what holds them back."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, text

from automation.store.schema.base import metadata
from automation.store.types import Id, Json, Millis

contact = Table(
    "contact",
    metadata,
    Column("id", Id, primary_key=True),
    Column("attributes", Json, nullable=False),  # {field: normalised value}, see catalogue/types.py
    Column("merged_into", Id),  # the survivor, when this one was merged away; itself: erased
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Index(
        "ix_contact_merged",
        "merged_into",
        sqlite_where=text("merged_into IS NOT NULL"),
        postgresql_where=text("merged_into IS NOT NULL"),
    ),
)

identity = Table(
    "identity",
    metadata,
    Column("kind", String(40), primary_key=True),  # phone, email, member_no, wechat_openid …
    Column("value", String(320), primary_key=True),  # normalised: E.164, lower-case e-mail
    Column("contact_id", Id, nullable=False),
    Column("created_at", Millis, nullable=False),
    # When a record of the person (an import, an identify) last named it as theirs, and whose record; None: events only.
    Column("stated_at", Millis),
    Column("stated_by", String(200)),
    Index(None, "contact_id"),
    sqlite_with_rowid=False,
)

# The month and day of every attribute that is a date, so that "whose birthday is it" is an index range.
contact_date = Table(
    "contact_date",
    metadata,
    Column("field", String(80), primary_key=True),
    Column("month_day", String(5), primary_key=True),  # "08-04"
    Column("contact_id", Id, primary_key=True),
    Column("lunar_month_day", String(6), nullable=False),  # "06-22", a leap month "L06-22"; "" when out of the table
    Index("ix_contact_date_lunar", "field", "lunar_month_day", "contact_id"),
    Index(None, "contact_id"),
    sqlite_with_rowid=False,
)

# In which time zone somebody lives, where they have one, and in which they lived before.
contact_zone = Table(
    "contact_zone",
    metadata,
    Column("contact_id", Id, primary_key=True, autoincrement=False),
    Column("zone", String(64), nullable=False),  # "": none any more
    Column("was", String(64)),  # "": none before; None: they never moved
    Column("changed_at", Millis),
    Index("ix_contact_zone_zone", "zone", "contact_id"),
    Index(
        "ix_contact_zone_was",
        "was",
        "contact_id",
        sqlite_where=text("was IS NOT NULL"),
        postgresql_where=text("was IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

contact_tag = Table(
    "contact_tag",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("tag", String(80), primary_key=True),
    Column("created_at", Millis, nullable=False),
    Index(None, "tag", "contact_id"),
    sqlite_with_rowid=False,
)

consent = Table(
    "consent",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("purpose", String(40), primary_key=True),  # marketing …
    Column("channel", String(40), primary_key=True),  # a channel, or "*" for all
    Column("state", String(10), nullable=False),  # granted | denied
    Column("source", String(200), nullable=False),
    Column("changed_at", Millis, nullable=False),  # given_at where it is known, else heard_at
    Column("given_at", Millis),  # when the person answered, as far as it is known
    Column("heard_at", Millis, nullable=False, server_default="0"),  # when we heard of it
    sqlite_with_rowid=False,
)

# What a source said last of a person, where it was a no without a date: the same again is no new answer.
undated_denial = Table(
    "undated_denial",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("purpose", String(40), primary_key=True),
    Column("channel", String(40), primary_key=True),
    Column("source", String(200), primary_key=True),
    Column("heard_at", Millis, nullable=False),
    sqlite_with_rowid=False,
)

# Which contact became part of which, and what it brought along: what a merge does to runs is decided by the engine, and
# a split gives back what is listed here.
contact_merge = Table(
    "contact_merge",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Millis, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("contact_id", Id, nullable=False),  # the survivor, as of today
    Column("absorbed_id", Id, nullable=False),
    Column("link", Json, nullable=False),  # the identities that were named together: [[kind, value], …]
    Column("before", Json, nullable=False),  # both profiles as they were, by contact
    Column("moved", Json, nullable=False),  # {table: the ids of the rows that the absorbed contact brought}
    Column("settled_at", Millis),  # when the engine had seen to the runs and messages of both
    Column("undone_at", Millis),
    Index(None, "contact_id"),
    Index(None, "absorbed_id"),
    Index(
        "ix_contact_merge_unsettled",
        "id",
        sqlite_where=text("settled_at IS NULL"),
        postgresql_where=text("settled_at IS NULL"),
    ),
)

# Nobody on this list is sent anything. Either a contact or an address; `channel` may be "*".
suppression = Table(
    "suppression",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_id", Id),
    Column("address", String(320)),
    Column("channel", String(40), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("until", Millis),  # None: for ever
    Column("source", String(200), nullable=False, server_default=""),  # who put it there: cli, import:FILE, a provider
    Index(None, "contact_id"),
    Index(None, "address"),
)

# An address or field that can't be used; it holds the person back on that channel until it changes.
contact_problem = Table(
    "contact_problem",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("channel", String(40), primary_key=True),  # "*" for all
    Column("value", String(320), primary_key=True),  # what was wrong; another value is tried
    Column("code", String(80), nullable=False),
    Column("at", Millis, nullable=False),
    sqlite_with_rowid=False,
)
