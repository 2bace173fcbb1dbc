"""One condition tree with three outputs: a Python predicate, a SQL clause, a sentence."""
