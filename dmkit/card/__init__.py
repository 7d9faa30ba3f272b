"""The card and what it computes: files and commands, authentication, secured packets.  All pure: no clock, no dice."""
