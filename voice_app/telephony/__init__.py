"""The telephone: signalling, sound, and the other ways a call reaches us. It knows no dialogue."""
