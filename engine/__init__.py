"""The measuring instrument: what answers say about abilities. It has never heard of a voice."""
