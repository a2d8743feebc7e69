"""Many results: jobs as data, what one of them is, and what is known of those that are done.

``job`` has the values; ``reading`` makes jobs of a JSON Lines file; ``files`` is local paths and URLs alike; ``work``
does one job, in any process; ``manifest`` is the list of what was done. ``scheduling`` is the loop that hands jobs out:
to ``local`` workers (which live by ``serving``), or to those of a Dask ``cluster`` (``connecting``, ``offering``).
"""
