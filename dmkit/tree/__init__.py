"""What is managed, and who may: nodes, access control, commands on the tree."""
