# SPDX-License-Identifier: GPL-2.0
"""A picture of all cases: how long the program stood still, and how long a restart took."""
import math
from xml.sax.saxutils import escape

LEFT, WIDTH, GAP, STEP, TOP = 210, 330, 40, 22, 64
COLORS = {"fork()": "#888888", "kcr": "#1b6ca8", "criu": "#c8102e"}


def text(x, y, words, more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(words)}</text>'


class Panel:
    """Points on an axis of milliseconds, each ten times the one before."""

    def __init__(self, x, title, values):
        self.x, self.title = x, title
        values = [v for v in values if v > 0] or [1]
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)

    def place(self, value):
        at = math.log10(max(value, 10 ** self.low))
        return self.x + WIDTH * (at - self.low) / (self.high - self.low)

    def axis(self, bottom):
        yield text(self.x + WIDTH / 2, 20, self.title, 'text-anchor="middle" font-weight="bold"')
        for power in range(self.low, self.high + 1):
            x = self.place(10 ** power)
            yield (f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 14}" y2="{bottom}" '
                   'stroke="#dddddd"/>')
            yield text(x, TOP - 20, f"{10 ** power:g}", 'text-anchor="middle" fill="#555555"')

    def point(self, y, who, value):
        """Median, with a line from the least to the most."""
        color, middle = COLORS[who], self.place(value["median"] * 1000)
        yield (f'<line x1="{self.place(value["least"] * 1000):.1f}" y1="{y}" '
               f'x2="{self.place(value["most"] * 1000):.1f}" y2="{y}" stroke="{color}" '
               'stroke-width="2"/>')
        yield f'<circle cx="{middle:.1f}" cy="{y}" r="4" fill="{color}"/>'


def exact(value):
    return {"median": value, "least": value, "most": value}


def points(case):
    """Of both panels: who, and how long."""
    stopped, restarted = [], []
    for who, result in case["results"].items():
        if "failed" in result:
            continue
        if who == "kcr":
            stopped.append(("fork()", exact(result["fork"])))
        stopped.append((who, result["save"]["gap"]))
        restarted.append((who, result["restart"]["seconds"]))
    return stopped, restarted


def legend(y):
    for number, (who, color) in enumerate(COLORS.items()):
        x = LEFT + number * 80
        yield f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{color}"/>'
        yield text(x + 10, y, who)


def draw(cases, machine):
    rows = [(case["name"], *points(case)) for case in cases]
    bottom = TOP + STEP * len(rows)
    panels = []
    for number, title in enumerate(("stands still, ms", "restart, ms")):
        values = [bound * 1000 for row in rows for _, value in row[number + 1]
                  for bound in (value["least"], value["most"])]
        panels.append(Panel(LEFT + number * (WIDTH + GAP), title, values))
    lines = [line for panel in panels for line in panel.axis(bottom)]
    for index, (name, *both) in enumerate(rows):
        y = TOP + STEP * index + STEP // 2
        lines.append(text(LEFT - 10, y + 4, name, 'text-anchor="end"'))
        for panel, found in zip(panels, both):
            for who, value in found:
                lines += panel.point(y, who, value)
    lines += legend(bottom + 24)
    words = f"Linux {machine['kernel']}, {machine['cpus']} CPUs, {machine.get('processor', '')}"
    lines.append(text(LEFT + 260, bottom + 24, words, 'fill="#555555"'))
    width = LEFT + 2 * WIDTH + GAP + 30
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{bottom + 40}" '
            'font-family="sans-serif" font-size="12">\n'
            '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(lines) +
            "\n</svg>\n")
