"""The command line: `voice-app ...`."""
