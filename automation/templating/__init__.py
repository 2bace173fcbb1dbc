"""Templates: one per name and channel, sandboxed; what they name is known before they are rendered."""

from automation.templating.content import Content, Rendered
from automation.templating.errors import RenderError, TemplateError
from automation.templating.sms import SmsParts, sms_parts
from automation.templating.template import Template
from automation.templating.template_set import TemplateSet
from automation.templating.texts import Unrendered, is_template, render_value, text_variables
from automation.templating.variables import Variable

__all__ = [
    "Content", "RenderError", "Rendered", "SmsParts", "Template", "TemplateError", "TemplateSet", "Unrendered",
    "Variable", "is_template", "render_value", "sms_parts", "text_variables",
]  # fmt: skip
