"""Pure rules of organisations: codes, and in time campaigns, participations, roles, consent."""
