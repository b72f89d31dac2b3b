"""The API, spoken to servers that misbehave."""
