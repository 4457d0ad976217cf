#!/usr/bin/env python3
"""Print the table of src/kernel/quantum/qasm/letters.c: runs of letters past ASCII, as this Python knows Unicode."""
import unicodedata

CATEGORIES = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"}
letters = [c for c in range(0x80, 0x110000) if unicodedata.category(chr(c)) in CATEGORIES]
runs = []
for c in letters:
    if runs and runs[-1][1] == c - 1:
        runs[-1][1] = c
    else:
        runs.append([c, c])
print("/* Unicode", unicodedata.unidata_version, "*/")
print(",\n".join("{0x%X, 0x%X}" % tuple(run) for run in runs))
