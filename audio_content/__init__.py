"""What is asked and how it is worded, French and English side by side. It has never heard of a session."""
