"""Section 10: what is too little to show, and what is shown with a warning."""

from analysis.language import N_

#: Fewer people than this in a cell or contrast: nothing but the count is shown. The smallest exact
#: p-value is .0625 with 5 people and .03125 with 6; and a small cell can identify a person.
MIN_PEOPLE = 6
#: Fewer than this: shown under the banner "few people".
FEW_PEOPLE = 15
#: Shares of sessions without "after": above the first a warning, above the second nothing is shown.
MISSING_WARNED, MISSING_REFUSED = 0.20, 0.40
#: An interval whose half-width is above this (points, or 10 mm) cannot tell useless from useful.
IMPRECISE = 1.0
#: A person who gave more than this share of a cell's sessions is named as a fact (not by name).
HEAVY_LOGGER = 0.30
#: Person- and session-weighted means that differ by more than this (points) get a note.
WEIGHTS_DIFFER = 0.5

# Reasons why a number is NaN. The sentence a reader sees is made of them in ``wording``.
NO_SESSIONS = N_("no sessions")
FEW = N_("not enough people")
MISSING = N_("too many sessions without after")
NO_VARIATION = N_("no variation")
COMBINED_PARTS = N_("several parts in one session")
TWO_SCALES = N_("two scales")
