"""Words in, words out: one module per noun.

`root` holds the error boundary, `app` what every command has, `connect` the wiring.
"""
