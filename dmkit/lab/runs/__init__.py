"""Experiments: plans, files, sweeps, statistics, reports."""
