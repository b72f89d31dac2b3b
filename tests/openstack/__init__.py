"""A real Keystone and a real Cinder: what nobody here wrote answers."""
