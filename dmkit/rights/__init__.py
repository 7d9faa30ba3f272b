"""Research questions about rights: who could ever, what separates duties, rival policies.  Built on ``tree``."""
