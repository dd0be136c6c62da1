"""The only place that knows who is behind which port."""
