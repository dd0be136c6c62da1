"""The commands of `voice-app`, one module a subject. Exit codes: 0 done, 1 failed, 2 bad usage."""
