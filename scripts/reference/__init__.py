"""The reference: one module a page, each a function from a language and a project to Markdown."""
