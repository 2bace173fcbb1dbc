"""Local time, durations, the lunar calendar and Chinese workdays. Pure functions of their arguments."""
