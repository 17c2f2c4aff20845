"""reliefbook: session logs of sciatica self-massage -> reports that a clinician can trust.

The data goes one way, from room to room; each room imports only from rooms above it:

====================  =========================================================================
``shipped``           where the notebooks and the example log lie
``language``          English in the code, other languages from one catalog each
``vocabulary``        regions, techniques, tools and answers, with their other words
``sessions``          the tidy table in the middle: columns, units, rules; ``SessionLog``
``example``           the synthetic example log and how it was made
``intake``            any log file -> ``SessionLog``: ``read_log``
``statistics``        frames in, frames out: ``person_sums``, ``reduction``, ``contrasts``, ...
``safety``            what in a log needs a clinician; the only place of the safety texts
``findings``          all numbers of one report, as data: ``findings``, ``to_json``
``wording``           numbers -> the sentences and cells a person reads; the only place that rounds
``display``           finished tables and figures: ``show_block``, ``show_figure``, ``draw``
``report``            a notebook and its parameters -> a report bundle: ``run_report``
``cli``               the command ``reliefbook``
====================  =========================================================================

A first look at a log::

    from analysis.intake import read_log
    from analysis.statistics import person_sums, reduction

    log = read_log("log.csv")
    reduction(person_sums(log.sessions))

The unit is the person, never the session; ``pain_reduction`` is before minus after, positive is
less pain; a number that cannot be known is NaN with a reason beside it.
"""

__version__ = "0.1.0"
