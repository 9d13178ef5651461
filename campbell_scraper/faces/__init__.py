"""What people see and type: the command line, Datasette, exports, reports, fleets, replay, timers.

It must not know HTML of the sites, or how rows come about: it asks ``view`` and shows.
"""
