"""One trial as data, from what is wanted to what came of it.

    job          what is wanted, and what it became when devices were leased for it
    outcome      what came of it, whatever its end
    prediction   what it was expected to come to before it ran
    record       how a study's tables, front and pages see it
    files        the names of the files in its folder

All are frozen, and cross process boundaries as JSON.
"""
