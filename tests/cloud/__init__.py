"""Pure functions of the room that speaks the API."""
