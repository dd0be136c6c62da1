"""Runs one dialogue over one channel: events in, effects out, in order. Save comes before Say."""
