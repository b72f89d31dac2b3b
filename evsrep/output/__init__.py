"""The only room that knows what a terminal looks like.

stdout carries the result alone, stderr whatever else is reported. Data is never markup, never cut
in a pipe, and what a terminal would obey is spelled out.
"""
