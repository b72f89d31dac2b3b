"""What the user has decided, and where it is kept.

The only room that reads the environment, which is handed in. An identity comes from ONE source,
never merged from two, so that a password can't reach another cloud's `auth_url`.
"""
