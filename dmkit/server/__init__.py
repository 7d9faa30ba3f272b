"""The server: accounts, jobs, peers, and what it sends over the air."""
