#!/usr/bin/env python3
"""The least round trips over matrices of costs, for certain: an integer program of GLPK, with cuts for subtours.

    trips.py COSTS        lines "set from to cost", by tabulators; prints "set least seconds" a line

A trip is a set of arcs, one out of each stop and one into each (Dantzig, Fulkerson and Johnson 1954).  What leaves a set of stops
is at least 1: such sets are looked for by least cuts in the relaxation, then in its whole-numbered answers, until there are none.
"""
import collections
import subprocess
import sys
import tempfile
import time


def solve(cost, count, cuts, whole):
    """The program's answer: its value, and how much of each arc is taken."""
    arcs = [(i, j) for i in range(count) for j in range(count) if i != j]
    name = {arc: "x%d_%d" % arc for arc in arcs}
    rows = [" + ".join(name[i, j] for j in range(count) if j != i) + " = 1" for i in range(count)]
    rows += [" + ".join(name[i, j] for i in range(count) if i != j) + " = 1" for j in range(count)]
    rows += [" + ".join(name[i, j] for i in cut for j in range(count) if j not in cut) + " >= 1" for cut in cuts]
    with tempfile.NamedTemporaryFile("w", suffix=".lp") as program, tempfile.NamedTemporaryFile() as answer:
        program.write("Minimize\n")
        program.write("\n".join(" + %.9f %s" % (cost[arc], name[arc]) for arc in arcs))
        program.write("\nSubject To\n" + "\n".join(rows) + "\nBounds\n")
        program.write("\n".join("0 <= %s <= 1" % name[arc] for arc in arcs))
        program.write(("\nBinary\n" + "\n".join(name.values()) if whole else "") + "\nEnd\n")
        program.flush()
        how = ["--gomory", "--mir"] if whole else ["--nomip"]
        subprocess.run(["glpsol", "--lp", program.name, "-w", answer.name] + how, check=True, stdout=subprocess.DEVNULL)
        value, taken = None, {}
        for line in open(answer.name):
            word = line.split() or [""]
            if word[0] == "s":
                value = float(word[-1])
            elif word[0] == "j":
                amount = float(word[2] if whole else word[3])
                if amount > 1e-9:
                    taken[arcs[int(word[1]) - 1]] = amount
    return value, taken


def least_cut(taken, count, source, sink):
    """What flows from one stop to another, and the stops on the source's side of the least cut."""
    left = [collections.defaultdict(float) for _ in range(count)]
    for (i, j), amount in taken.items():
        left[i][j] += amount
    flow = 0
    while True:
        before = {source: None}
        queue = collections.deque([source])
        while queue and sink not in before:
            i = queue.popleft()
            for j, amount in left[i].items():
                if amount > 1e-9 and j not in before:
                    before[j] = i
                    queue.append(j)
        if sink not in before:
            return flow, frozenset(before)
        path, j = [], sink
        while before[j] is not None:
            path.append((before[j], j))
            j = before[j]
        amount = min(left[i][j] for i, j in path)
        for i, j in path:
            left[i][j] -= amount
            left[j][i] += amount
        flow += amount


def missing_cuts(taken, count):
    found = set()
    for stop in range(1, count):
        for source, sink in ((0, stop), (stop, 0)):
            flow, side = least_cut(taken, count, source, sink)
            if flow < 1 - 1e-6:
                found.add(side)
    return found


def least(cost, count):
    cuts = {frozenset((i, j)) for i in range(count) for j in range(i)}
    for whole in (False, True):
        while True:
            value, taken = solve(cost, count, cuts, whole)
            more = missing_cuts(taken, count) - cuts
            if not more:
                break
            cuts |= more
    return value


sets = collections.defaultdict(dict)
with open(sys.argv[1]) as costs:
    for line in costs:
        n, i, j, c = line.split()
        sets[int(n)][int(i) - 1, int(j) - 1] = float(c)
for n in sorted(sets):
    begun = time.time()
    print(n, least(sets[n], max(i for i, _ in sets[n]) + 1), round(time.time() - begun, 3), sep="\t", flush=True)
