"""The tests of evsrep."""
