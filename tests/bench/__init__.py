"""How fast evsrep is, held against its peers in the same run on the same machine."""
