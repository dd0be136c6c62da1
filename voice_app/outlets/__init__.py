"""What is told to the outside of what happened: xAPI statements to a store of learning records, webhooks.

The log of events is the outbox: an event is committed with the answer, without a gap in its number, so an outlet needs
no more than a position in it. What was not acknowledged is sent again, from the position on, after any outage.
"""
