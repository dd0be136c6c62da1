"""What must be synchronised and how it is proven whole; it knows nothing of abilities, databases or networks."""
