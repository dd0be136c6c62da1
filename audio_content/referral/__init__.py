"""Where somebody can go next: places of digital mediation, accredited centres, learning resources.

It reads open data in the forms in which it is published, ranks what is near and fit, and puts it into words to hear. It
knows no session and keeps nothing of a person; what it is told of a person is a commune or a point, for one answer.
"""
