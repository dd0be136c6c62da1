"""The conversation as a pure machine: `step(state, event) -> (state, effects)`. No clock, no dice, no I/O."""
