"""How the service is watched: figures, health, logs. No word, number or code of a person passes here."""
