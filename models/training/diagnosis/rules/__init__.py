"""The rules, a file for each family; `RULES` finds them when it is first read."""
