"""The conversation: rules, states, packages, and both engines."""
