"""Rehearsals: the real engine on a scratch copy of the database, with a clock that is moved and nobody reached."""
