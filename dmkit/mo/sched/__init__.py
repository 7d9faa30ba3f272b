"""Schedules on the device: a management object and the engine that carries its schedules out."""
