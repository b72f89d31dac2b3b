"""The only room that knows what a terminal looks like.

stdout carries the result alone, stderr the talk. Data is never markup, never cut in a pipe, and
what a terminal would obey is spelled out.
"""
