"""One REST API spoken well.

`client` is what the rest of evsrep sees: pairs and disks in, pairs and disks out. Every oddity of
the API lives in `wire` and `identity`, how one request is sent in `http`, whether again in `retry`;
nothing above this room knows a header, a status code or a JSON key.
"""
