"""The four answers that a curve can give."""

NOT_EMERGED = "not emerged"
UNRESOLVED = "present, start unresolved"
FROM_THE_START = "there from the start"
EMERGED = "emerged"
