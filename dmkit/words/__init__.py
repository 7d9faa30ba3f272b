"""What is said: codes, commands, outcomes, deviations, errors.  Imports nothing of the package."""
