"""A rule told to people: as prose, as Mermaid text, as a picture. Nothing is asked of the database."""

from automation.insight.explain.explain import explain, explain_rule
from automation.insight.explain.explanation import Explanation

__all__ = ["Explanation", "explain", "explain_rule"]
