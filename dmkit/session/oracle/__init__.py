"""A judge of conversations that knows neither engine: fourteen invariants over what was seen on the wire."""
