"""The memory, behind `ports.Store`: append-only events in a database. No table class leaves it."""
