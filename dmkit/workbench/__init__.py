"""The workbench: readings that meet, changes of rules, and the material that both are tried on."""
