"""The Postgres and the Valkey that Chatter brings along, for `chatter up` and for the tests.

Both run as real servers on loopback, in a session of their own, and deliberately outlive whoever started them:
a supervisor that dies (kill -9, closed laptop) must not take the database down in the middle of a write, and the
next one adopts what still runs. They are stopped by `stop()` alone. A caller whose servers are worth nothing
without it (the test run) records its own identity beside them and sweeps what it finds orphaned.
"""
