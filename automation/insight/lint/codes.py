"""Every code that lint can give, its severity, and what must be at hand before its absence means anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
Needs = Literal["files", "people", "network"]


@dataclass(frozen=True)
class Code:
    """`needs`: the files alone, a sample of people from the database, or the network (`--check-links`).

    Its sentence is `lint.l101` in the message tables, its remedy `lint.l101_remedy`.
    """

    severity: Severity
    needs: Needs = "files"


CODES: dict[str, Code] = {
    # lint itself and its files
    "L001": Code("warning"),  # an allow without a reason
    "L002": Code("warning"),  # an allow that silences nothing
    "L003": Code("warning"),  # an allow of a code that does not exist
    "L004": Code("error"),  # a mistake that `automation validate` finds
    "L005": Code("error"),  # a mistake in brand.yaml
    # words
    "L101": Code("error"),  # an absolute term that the law names
    "L102": Code("warning"),  # an absolute term of the same meaning
    "L103": Code("error"),  # a term that the brand excludes
    "L104": Code("warning"),  # a word for which the brand prefers another
    # duties of marketing messages
    "L201": Code("error"),  # an SMS without a signature
    "L202": Code("error"),  # an SMS that does not say how to unsubscribe
    "L203": Code("error"),  # an e-mail that does not say how to unsubscribe
    # people
    "L301": Code("warning", "people"),  # a variable that some lack
    "L302": Code("error", "people"),  # a variable that all lack
    "L303": Code("error"),  # another error of rendering
    "L304": Code("info", "people"),  # nobody to be sampled
    "L305": Code("info"),  # no rule sends the template
    "L306": Code("warning", "people"),  # values of another type than the catalogue says
    # SMS
    "L401": Code("info"),  # the longest rendering and its cost
    "L402": Code("warning", "people"),  # some pay for more segments than others
    # e-mail
    "L501": Code("info"),  # no text part
    "L502": Code("error"),  # an empty subject
    "L503": Code("warning"),  # a subject that is too long
    # WeChat
    "L601": Code("error"),  # a field that breaks WeChat's limits
    # links
    "L701": Code("warning"),  # http instead of https
    "L702": Code("warning"),  # no tracking parameter
    "L703": Code("error", "network"),  # a dead link
    "L704": Code("warning", "network"),  # a link that could not be asked
    # workdays
    "L801": Code("warning"),  # holidays.yaml says otherwise than the package
    "L802": Code("warning"),  # the known workdays soon end
    # times
    "L803": Code("warning"),  # minutes where a month was likely meant
    "L804": Code("warning"),  # a wait for a date without a policy for those who have none, or whose date is past
    "L805": Code("warning"),  # a limit of coupons or messages that the rule does not give
}
