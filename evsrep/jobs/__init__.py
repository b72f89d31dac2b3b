"""What takes more than one request: finding by name, checking, creating safely, waiting.

Progress is reported through callbacks: this room does not know what a terminal looks like.
"""
