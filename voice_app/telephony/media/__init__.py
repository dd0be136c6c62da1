"""The sound of calls, in a process of its own: RTP out every 20 ms, RTP in, keys. It knows no signalling."""
