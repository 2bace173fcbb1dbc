"""Templates: one per name and channel, sandboxed, strict, with every variable known beforehand."""
