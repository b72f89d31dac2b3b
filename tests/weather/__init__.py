"""Bad weather for tests: a real server on loopback that misbehaves on request."""
