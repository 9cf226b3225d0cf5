# SPDX-License-Identifier: GPL-2.0
"""What was measured, for people: lines on the terminal, a table, files."""
import json
import os

import plot

HEAD = (f"{'milliseconds':32} {'':5} {'fork()':>8} {'stopped':>9} {'as told':>9} {'quiet':>7}"
        f" {'save':>9} {'restart':>9} {'beats':>9} {'KB':>9}  rounds")


def ms(seconds):
    return f"{seconds * 1000:.1f}"


def line(case, who, result):
    if "failed" in result:
        return f"{case:32} {who:5} failed: {result['failed']}"
    save, restart = result["save"], result["restart"]
    return (f"{case:32} {who:5} {ms(result['fork']):>8} {ms(save['gap']['median']):>9}"
            f" {ms(save['pause']['median']):>9} {ms(result['quiet']):>7}"
            f" {ms(save['seconds']['median']):>9} {ms(restart['seconds']['median']):>9}"
            f" {ms(restart['beat']['median']):>9} {result['bytes'] >> 10:>9}"
            f"  {save['seconds']['rounds']}/{restart['seconds']['rounds']}")


def tell_case(case):
    for who, result in case["results"].items():
        print(line(case["name"], who, result), flush=True)


def verdict(row):
    return {True: "met", False: "MISSED", None: "-"}[row["met"]]


def table(rows):
    """The table of targets, as reStructuredText has it."""
    names = ("what", "target", "measured", "floor")
    body = [[row[name] for name in names] + [verdict(row)] for row in rows]
    head = ["what", "target", "measured (least to most)", "yardstick", ""]
    widths = [max(len(cells[i]) for cells in [head, *body]) for i in range(len(head))]
    rule = "  ".join("=" * max(width, 2) for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip()
             for cells in body]
    first = "  ".join(cell.ljust(width) for cell, width in zip(head, widths)).rstrip()
    return "\n".join([rule, first, rule, *lines, rule])


def machine():
    """What it ran on, as it says itself."""
    told = {"kernel": os.uname().release, "cpus": os.cpu_count()}
    with open("/proc/cpuinfo") as file:
        for text in file:
            if text.startswith("model name"):
                told["processor"] = text.split(":", 1)[1].strip()
    with open("/proc/meminfo") as file:
        told["memory_mb"] = int(file.readline().split()[1]) // 1024
    with open("/sys/kernel/mm/transparent_hugepage/enabled") as file:
        told["huge_pages"] = file.read().split("[")[1].split("]")[0]
    return told


def write(folder, result):
    """results.json, table.txt and plot.svg."""
    with open(f"{folder}/results.json", "w") as file:
        json.dump(result, file, indent=2)
    with open(f"{folder}/table.txt", "w") as file:
        file.write(table(result["targets"]) + "\n" + result["noise"]["words"] + "\n")
    with open(f"{folder}/plot.svg", "w") as file:
        file.write(plot.draw(result["cases"], result["machine"]))
