"""A small cloud in a box: identity, disks, servers, pairs and groups, kept in one SQLite file.

`sandbox.app.Sandbox` is the whole of it as a WSGI application, `sandbox.server.Server` offers it on
loopback, `sandbox.profile.ready_profile` says how to sign in, `sandbox.trouble` breaks things and
mends them, `sandbox.bulk.seed_more` adds disks. One thing must stay true: nothing here is shared
with the client. The wire is the contract, so that a mistake on one side is seen by
the other.
"""
