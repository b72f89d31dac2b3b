"""Tests of the sandbox, over its wire."""
