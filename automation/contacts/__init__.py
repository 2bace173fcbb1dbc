"""People: identities and merging, profile, tags, consent, suppression, import and export."""
