"""Where bytes come from, and what this machine remembers of them. All input and output.

Values of the network modules are named tuples where they do not leave this package: they cost
a quarter of a dataclass to define, and every start of the command pays for each.
"""
