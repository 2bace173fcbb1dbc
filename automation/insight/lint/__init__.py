"""Lint: what is valid and still should not go out as it is: words, duties, lengths, links, what people lack."""
