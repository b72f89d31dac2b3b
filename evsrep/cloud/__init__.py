"""One REST API spoken well.

`client` is what the rest of evsrep sees: pairs and disks in, pairs and disks out. Every oddity of
the API lives in `wire`; nothing above this room knows a header, a status code or a JSON key.
"""
