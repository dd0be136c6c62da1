"""The pilot kit: people say the fixed words, with their consent, and the ear is measured on them."""
