#!/usr/bin/env python3
"""Draws a board as a picture: its panels where the JSON puts them, with what a real Prometheus answers to their queries.

    python3 -m venv /tmp/draw && /tmp/draw/bin/pip install matplotlib==3.11.2
    /tmp/draw/bin/python dashboards/draw.py --prometheus http://127.0.0.1:9090 --scrape-interval 2 stoker-overview > picture.png

This is not Grafana, and the picture says so. It knows as much of Grafana as these boards use: titles, kinds of panels, units, mappings,
thresholds, colours, stacking, legends and annotations.
"""

import argparse
import io
import json
import math
import pathlib
import re
import sys
import time
import urllib.parse
import urllib.request

import matplotlib

matplotlib.use("Agg")
import matplotlib.dates
import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from PIL import Image

BACK, PANEL, EDGE, TEXT, DIM = "#111217", "#181b1f", "#2a2d33", "#d5d6de", "#8e8f98"
COLORS = {
    "text": "#d5d6de", "transparent": "none", "green": "#73bf69", "dark-green": "#37872d", "yellow": "#fade2a", "semi-dark-yellow": "#f2cc0c",
    "red": "#f2495c", "dark-red": "#c4162a", "blue": "#5794f2", "light-blue": "#8ab8ff", "semi-dark-blue": "#3274d9", "dark-blue": "#1f60c4",
    "orange": "#ff9830", "semi-dark-orange": "#ff780a", "dark-orange": "#fa6400", "purple": "#b877d9", "light-purple": "#ca95e5",
    "semi-dark-purple": "#a352cc", "dark-purple": "#8f3bb8", "super-light-purple": "#deb6f2",
}
PALETTE = ["#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#705da0", "#37872d", "#fade2a", "#447ebc", "#c15c17"]
HEAT = LinearSegmentedColormap.from_list("heat", ["#2b2320", "#7f2704", "#d94801", "#fd8d3c", "#fdd0a2", "#fff5eb"])
COLUMN, UNIT, GAP, HEAD, DPI = 58, 30, 6, 44, 100


def color(name):
    return COLORS.get(name, name)


def on(shade):
    """A colour in which a text on this one can be read."""
    light = sum(int(shade[at : at + 2], 16) * share for at, share in ((1, 0.3), (3, 0.6), (5, 0.1)))
    return BACK if light > 120 else "#ffffff"


# -- questions ---------------------------------------------------------------------------------------------------------------


class Data:
    """A Prometheus, and the values of the board's variables."""

    def __init__(self, arguments, board):
        self.url = arguments.prometheus
        self.end = arguments.end or time.time()
        self.span = arguments.minutes * 60
        self.start = self.end - self.span
        self.scrape = arguments.scrape_interval
        self.shown = {"job": "All", "instance": "All", "name": "All"}
        self.values = {"job": ".+", "instance": ".+", "name": ".+"}
        for variable in board["templating"]["list"]:
            if variable["type"] == "adhoc":
                self.shown[variable["name"]] = "+"
            if variable["type"] == "custom":
                self.values[variable["name"]] = variable["current"]["value"]
                self.shown[variable["name"]] = variable["current"]["text"]
        chosen = dict(pair.split("=", 1) for pair in arguments.set)
        self.values.update(chosen)
        self.shown.update(chosen)

    def fill(self, text, step):
        values = {"__rate_interval": f"{max(step + self.scrape, 4 * self.scrape):.0f}s", "__range": f"{self.span:.0f}s", **self.values}
        return re.sub(r"\$(\w+)", lambda match: values[match[1]], text)

    def ask(self, path, **query):
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}") as answer:
            return json.load(answer)["data"]["result"]

    def instant(self, text):
        rows = self.ask("query", query=self.fill(text, self.scrape), time=self.end)
        return [(row["metric"], float(row["value"][1])) for row in rows]

    def step(self, width, least=None):
        seconds = max(self.span / max(width, 1), self.scrape)
        if least:
            seconds = max(seconds, float(least[:-1]) * {"s": 1, "m": 60}[least[-1]])
        return math.ceil(seconds)

    def range(self, text, step):
        rows = self.ask("query_range", query=self.fill(text, step), start=self.start // step * step, end=self.end, step=step)
        return [(row["metric"], [(at, float(value)) for at, value in row["values"]]) for row in rows if "values" in row]


# -- words -------------------------------------------------------------------------------------------------------------------


def scaled(value, factor, names, digits):
    index = 0
    while abs(value) >= factor and index < len(names) - 1:
        value /= factor
        index += 1
    return f"{number(value, digits)}{names[index]}"


def number(value, digits=None):
    if digits is None:
        digits = 0 if value == int(value) else 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3
        return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
    return f"{value:.{digits}f}"


def duration(seconds, digits=None):
    if seconds == 0:
        return "0 s"
    for size, name in ((86400, "days"), (3600, "hours"), (60, "mins"), (1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if abs(seconds) >= size:
            return f"{number(seconds / size, 1 if size > 1 else None)} {name}"
    return f"{seconds * 1e9:.0f} ns"


def words(value, unit, digits=None, now=0):
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if math.isnan(value):
        return ""
    if unit == "s":
        return duration(value)
    if unit == "dateTimeFromNow":
        gone = now - value / 1000
        return f"{duration(gone)} ago" if gone >= 0 else f"in {duration(-gone)}"
    if unit == "dateTimeAsIso":
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(value / 1000))
    if unit == "percentunit":
        return f"{number(value * 100, digits)} %"
    if unit in ("bytes", "Bps"):
        factor, names = (1024, [" B", " KiB", " MiB", " GiB"]) if unit == "bytes" else (1000, [" B/s", " kB/s", " MB/s"])
        return scaled(value, factor, names, digits)
    if unit == "short":
        return scaled(value, 1000, ["", " K", " Mil"], digits)
    return number(value, digits) + {"reqps": " req/s", "ops": " ops/s", "cps": " c/s"}.get(unit, "")


def legend(template, metric):
    if not template:
        return ", ".join(f"{key}={value}" for key, value in metric.items() if key != "__name__")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: metric.get(match[1], ""), template)


def name_of(panel, target, metric, data):
    """The name of a series: its legend, and what the panel's transformations make of it."""
    name = legend(target.get("legendFormat"), metric)
    for step in panel.get("transformations", []):
        if step["id"] == "renameByRegex":
            pattern = step["options"]["regex"].replace("${instance:text}", re.escape(data.shown["instance"]))
            name = re.sub(pattern, step["options"]["renamePattern"].replace("$", "\\"), name)
    return name


def cut(text, width, size=8.0):
    """As much of a text as fits into so many pixels."""
    room = int(width / (size * 0.78))
    return text if len(text) <= room else text[: max(room - 1, 1)] + "…"


# -- fields ------------------------------------------------------------------------------------------------------------------


class Field:
    """The properties of a panel's field: its defaults, and what overrides say about one of this name."""

    def __init__(self, panel, name):
        self.name = name
        self.properties = dict(panel["fieldConfig"]["defaults"])
        self.custom = dict(self.properties.pop("custom", {}))
        self.fixed = None
        for override in panel["fieldConfig"]["overrides"]:
            how, what = override["matcher"]["id"], override["matcher"]["options"]
            if (how == "byName" and what == name) or (how == "byRegexp" and re.fullmatch(what, name)):
                for rule in override["properties"]:
                    if rule["id"] == "color":
                        self.fixed = color(rule["value"]["fixedColor"])
                    elif rule["id"].startswith("custom."):
                        self.custom[rule["id"][7:]] = rule["value"]
                    else:
                        self.properties[rule["id"]] = rule["value"]
        mode = self.properties.get("color", {})
        if self.fixed is None and mode.get("mode") == "fixed":
            self.fixed = color(mode["fixedColor"])

    def mapped(self, value):
        key = value if isinstance(value, str) else number(value)
        for mapping in self.properties.get("mappings", []):
            if key in mapping["options"]:
                return mapping["options"][key]
        return None

    def threshold(self, value):
        found = "text"
        for step in self.properties["thresholds"]["steps"]:
            if step["value"] is None or value >= step["value"]:
                found = step["color"]
        return color(found)

    def words(self, value, now):
        if isinstance(value, str):
            return value
        if mapped := self.mapped(value):
            return mapped["text"]
        return words(value, self.properties["unit"], self.properties.get("decimals"), now)

    def color(self, value):
        if mapped := self.mapped(value):
            return color(mapped["color"])
        return self.fixed or (TEXT if isinstance(value, str) else self.threshold(value))


# -- panels ------------------------------------------------------------------------------------------------------------------


class Picture:
    def __init__(self, board, data):
        self.board, self.data = board, data
        rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
        self.width, self.height = 24 * COLUMN + GAP, HEAD + rows * UNIT + 26
        self.figure = plt.figure(figsize=(self.width / DPI, self.height / DPI), dpi=DPI, facecolor=BACK)
        self.marks = []
        for annotation in board["annotations"]["list"]:
            step = data.step(10_000, annotation["step"])
            for _, values in data.range(annotation["expr"], step):
                # Answers in a row are one event; that it happened is seen from its first on.
                self.marks += [
                    (at, color(annotation["iconColor"])) for index, (at, _) in enumerate(values) if index == 0 or at - values[index - 1][0] > step
                ]

    def text(self, x, y, text, size=8.0, **more):
        self.figure.text(x / self.width, 1 - y / self.height, text, fontsize=size * 0.72, **{"color": TEXT, "va": "center", **more})

    def box(self, x, y, w, h, fill, edge="none"):
        self.figure.add_artist(
            Rectangle((x / self.width, 1 - (y + h) / self.height), w / self.width, h / self.height, facecolor=fill, edgecolor=edge, linewidth=0.6, zorder=-1)
        )

    def axes(self, x, y, w, h, times=True):
        axes = self.figure.add_axes((x / self.width, 1 - (y + h) / self.height, w / self.width, h / self.height), facecolor="none")
        axes.tick_params(colors=DIM, labelsize=6.2, length=0, pad=3)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.grid(color=EDGE, linewidth=0.5)
        axes.set_axisbelow(True)
        if times:
            axes.set_xlim(self.data.start, self.data.end)
            count = max(2, min(9, int(w / 90)))
            size = next(size for size in (60, 120, 300, 600, 900, 1800, 3600) if self.data.span / size <= count)
            ticks = [at for at in range(int(self.data.start // size + 1) * size, int(self.data.end) + 1, size)]
            axes.set_xticks(ticks, [time.strftime("%H:%M", time.gmtime(at)) for at in ticks])
        return axes

    def save(self):
        data = self.data
        hidden = {variable["name"] for variable in self.board["templating"]["list"] if variable.get("hide") == 2}
        self.text(GAP + 6, HEAD / 2, self.board["title"], 15, weight="bold")
        x = 330
        for variable in self.board["templating"]["list"]:
            if variable["type"] != "datasource" and variable["name"] not in hidden:
                value = data.shown[variable["name"]]
                label = f"{variable['label']}:  {value}"
                self.box(x, 10, len(label) * 7 + 16, 24, PANEL, EDGE)
                self.text(x + 8, HEAD / 2, label, 9)
                x += len(label) * 7 + 26
        day = time.strftime("%H:%M", time.gmtime(data.start)) + time.strftime(" to %H:%M UTC", time.gmtime(data.end))
        self.text(self.width - 12, HEAD / 2, day, 9, ha="right", color=DIM)
        for panel in self.board["panels"]:
            place = panel["gridPos"]
            x, y = GAP + place["x"] * COLUMN, HEAD + place["y"] * UNIT
            w, h = place["w"] * COLUMN - GAP, place["h"] * UNIT - GAP
            if panel["type"] == "row":
                folded = f"   ({len(panel['panels'])} panels)" if panel["collapsed"] else ""
                self.text(x + 4, y + UNIT / 2 - 2, ("›  " if folded else "⌄  ") + panel["title"], 11, weight="bold")
                self.text(x + 24 + len(panel["title"]) * 7.4, y + UNIT / 2 - 2, folded, 9, color=DIM)
                continue
            self.box(x, y, w, h, PANEL, EDGE)
            self.text(x + 9, y + 14, cut(panel["title"], w - 12, 9.5), 9.5)
            getattr(self, panel["type"].replace("-", "_"))(panel, x + 8, y + 28, w - 16, h - 34)
        self.text(
            GAP + 6, self.height - 13,
            "Drawn by dashboards/draw.py from the board's JSON and what a real Prometheus answered to its queries. Not a screenshot of Grafana.",
            9, color=DIM,
        )
        raw = io.BytesIO()
        self.figure.savefig(raw, dpi=DPI, facecolor=BACK)
        out = io.BytesIO()
        Image.open(raw).convert("RGB").quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "png", optimize=True)
        return out.getvalue()

    def nothing(self, panel, x, y, w, h):
        self.text(x + w / 2, y + h / 2, panel["fieldConfig"]["defaults"].get("noValue", "No data"), 11, ha="center", color=DIM)

    def stat(self, panel, x, y, w, h):
        rows = [
            (name_of(panel, target, metric, self.data), value)
            for target in panel["targets"]
            for metric, value in self.data.instant(target["expr"])
        ]
        if not rows:
            return self.nothing(panel, x, y, w, h)
        options = panel["options"]
        each = w / len(rows)
        for index, (name, value) in enumerate(rows):
            field = Field(panel, name)
            shade, left = field.color(value), x + index * each
            back = options["colorMode"] == "background" and shade != TEXT
            if back:
                self.box(left, y, each - (3 if len(rows) > 1 else 0), h, shade)
            ink = on(shade) if back else TEXT
            shown = name if options["textMode"] == "name" else field.words(value, self.data.end)
            named = options["textMode"] == "value_and_name" or (options["textMode"] == "auto" and len(rows) > 1)
            size = min(26, each / (max(len(shown), 1) * 0.72), h * 0.55)
            self.text(left + each / 2, y + h * (0.58 if named else 0.5), shown, size, ha="center", color=ink, weight="bold")
            if named:
                self.text(left + each / 2, y + h * 0.17, cut(name, each, 9), 9, ha="center", color=ink)

    def series(self, panel, step):
        for target in panel["targets"]:
            for metric, values in self.data.range(target["expr"], step):
                yield name_of(panel, target, metric, self.data), values

    def annotate(self, axes):
        for at, shade in self.marks:
            axes.axvline(at, color=shade, linewidth=0.5, linestyle=(0, (2, 3)), alpha=0.55, zorder=1)

    def timeseries(self, panel, x, y, w, h):
        step = self.data.step(w, panel.get("interval"))
        rows = sorted(self.series(panel, step), key=lambda row: row[0])
        if not rows:
            return self.nothing(panel, x, y, w, h)
        fields = {name: Field(panel, name) for name, _ in rows}
        shown = [name for name, field in fields.items() if not field.custom.get("hideFrom", {}).get("legend")]
        lines = self.legend_rows(w, shown)
        right = any(field.custom.get("axisPlacement") == "right" for field in fields.values())
        room = 58
        axes = self.axes(x + room, y + 2, w - room - (46 if right else 6), h - 22 - 15 * len(lines))
        second = axes.twinx() if right else None
        colors, palette = {}, iter(range(10_000))
        for name, field in fields.items():
            colors[name] = field.fixed or PALETTE[next(palette) % len(PALETTE)]
        base = {}
        top, tops = 0.0, 0.0
        for name, values in rows:
            field = fields[name]
            times = [at for at, _ in values]
            heights = [value if math.isfinite(value) else math.nan for _, value in values]
            on_right = field.custom.get("axisPlacement") == "right"
            target = second if on_right else axes
            stacked = field.custom.get("stacking", {}).get("mode") == "normal"
            floor = [base.get(at, 0.0) for at in times] if stacked else [0.0] * len(times)
            upper = [low + high for low, high in zip(floor, heights)]
            if stacked:
                base.update((at, value) for at, value in zip(times, upper) if not math.isnan(value))
            finite = [value for value in upper if not math.isnan(value)]
            if on_right:
                tops = max([tops, *finite])
            else:
                top = max([top, *finite])
            if field.custom.get("drawStyle") == "bars":
                target.bar(times, heights, step * 0.85, bottom=floor, color=colors[name], alpha=0.85, linewidth=0, align="center", zorder=2)
                continue
            gaps = [0] + [index for index in range(1, len(times)) if times[index] - times[index - 1] > 1.5 * step] + [len(times)]
            how = "steps-post" if field.custom.get("lineInterpolation") == "stepAfter" else "default"
            dash = (0, (5, 4)) if field.custom.get("lineStyle", {}).get("fill") == "dash" else "-"
            marker = "." if field.custom.get("showPoints") == "always" or len(times) == 1 else None
            for first, last in zip(gaps, gaps[1:]):
                part = slice(first, last)
                target.plot(
                    times[part], upper[part], color=colors[name], linewidth=1.1 * field.custom["lineWidth"], linestyle=dash, drawstyle=how,
                    marker=marker, markersize=3, zorder=3,
                )
                opacity = field.custom.get("fillOpacity", 0) / 100
                if opacity:
                    target.fill_between(
                        times[part], floor[part], upper[part], color=colors[name], alpha=opacity, linewidth=0, zorder=2,
                        step="post" if how == "steps-post" else None,
                    )
        some = next(iter(fields.values()))
        if some.custom.get("thresholdsStyle", {}).get("mode") == "dashed":
            for limit in some.properties["thresholds"]["steps"]:
                if limit["value"] is not None:
                    axes.axhline(limit["value"], color=color(limit["color"]), linewidth=0.8, linestyle=(0, (5, 4)))
        left = [field for field in fields.values() if field.custom.get("axisPlacement") != "right"]
        self.scale(axes, left[0] if left else some, max(top, some.custom.get("axisSoftMax", 0)))
        if second:
            self.scale(second, next(field for field in fields.values() if field.custom.get("axisPlacement") == "right"), tops)
            second.grid(False)
            second.tick_params(colors=DIM, labelsize=6.2, length=0, pad=3)
            for spine in second.spines.values():
                spine.set_visible(False)
        self.annotate(axes)
        self.legend(x + 4, y + h - 15 * len(lines) + 6, lines, colors)

    def scale(self, axes, field, top):
        if field.custom.get("scaleDistribution", {}).get("type") == "log":
            axes.set_yscale("log")
            axes.set_ylim(bottom=field.properties.get("min"), top=top * 2)
            axes.minorticks_off()
        else:
            axes.set_ylim(0, field.properties.get("max") or top * 1.08 or 1)
            unit = field.properties["unit"]
            if unit == "bytes" and top:
                size = 2 ** max(0, math.floor(math.log2(top / 3)))
                axes.set_yticks([index * size for index in range(int(top * 1.08 / size) + 1)])
            elif field.properties.get("decimals") == 0 or top == 0:
                size = max(1, math.ceil((top or 1) / 4))
                axes.set_yticks(range(0, int((top or 1) * 1.08) + 1, size))
            else:
                axes.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(4))
        axes.yaxis.set_major_formatter(lambda value, _: words(value, field.properties["unit"]))

    def legend_rows(self, w, names):
        lines, used = [[]], 0
        for name in names:
            width = len(name) * 6.1 + 30
            if used + width > w and lines[-1]:
                if len(lines) == 3:
                    lines[-1].append("…")
                    break
                lines.append([])
                used = 0
            lines[-1].append(name)
            used += width
        return lines

    def legend(self, x, y, lines, colors):
        for line in lines:
            left = x
            for name in line:
                if name in colors:
                    self.box(left, y - 2, 12, 3.5, colors[name])
                self.text(left + 17, y, name, 8.2, color=TEXT)
                left += len(name) * 6.1 + 30
            y += 15

    def state_timeline(self, panel, x, y, w, h):
        step = self.data.step(w)
        rows = sorted(self.series(panel, step), key=lambda row: row[0]) if len(panel["targets"]) == 1 else list(self.series(panel, step))
        if not rows:
            return self.nothing(panel, x, y, w, h)
        room = max(len(name) for name, _ in rows) * 6.4 + 14
        axes = self.axes(x + room, y + 2, w - room - 6, h - 38)
        axes.grid(axis="y", visible=False)
        seen = {}
        for index, (name, values) in enumerate(rows):
            field = Field(panel, name)
            start, last = values[0]
            previous = start
            for at, value in [*values[1:], (None, None)]:
                if value != last or at - previous > 1.5 * step:
                    until = at if at is not None and at - previous <= 1.5 * step else min(previous + step, self.data.end)
                    bar = (index - 0.425, 0.85)
                    axes.broken_barh([(start, until - start)], bar, color=field.color(last), alpha=0.9, linewidth=0, zorder=2)
                    seen[field.words(last, 0)] = field.color(last)
                    start, last = at, value
                previous = at
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks(range(len(rows)), [name for name, _ in rows])
        axes.tick_params(axis="y", colors=TEXT, labelsize=6.4)
        self.annotate(axes)
        self.legend(x + 4, y + h - 8, [list(seen)], seen)

    def heatmap(self, panel, x, y, w, h):
        step = self.data.step(w / 5)
        [target] = panel["targets"]
        rows = sorted(((float(metric["le"]), values) for metric, values in self.data.range(target["expr"], step)), key=lambda row: row[0])
        if not rows:
            return self.nothing(panel, x, y, w, h)
        axes = self.axes(x + 58, y + 2, w - 64, h - 24)
        times = sorted({at for _, values in rows for at, _ in values})
        below, cells = {}, []
        for _, values in rows:
            found = dict(values)
            cells.append([max(found.get(at, 0.0) - below.get(at, 0.0), 0.0) for at in times])
            below = found
        strongest = max(map(max, cells)) or 1
        for index, line in enumerate(cells):
            for at, value in zip(times, line):
                if value > 1e-9:
                    shade = HEAT((value / strongest) ** panel["options"]["color"]["exponent"])
                    axes.add_patch(Rectangle((at - step / 2, index + 0.03), step * 0.94, 0.94, facecolor=shade, linewidth=0, zorder=2))
        axes.set_ylim(0, len(rows))
        axes.set_yticks([index + 1 for index in range(len(rows))], [words(le, panel["options"]["yAxis"]["unit"]) for le, _ in rows])
        self.annotate(axes)

    def bargauge(self, panel, x, y, w, h):
        rows = [
            (name_of(panel, target, metric, self.data), value)
            for target in panel["targets"]
            for metric, value in self.data.instant(target["expr"])
        ]
        if not rows:
            return self.nothing(panel, x, y, w, h)
        each = min(h / len(rows), panel["options"]["maxVizHeight"])
        room, top = max(len(name) for name, _ in rows) * 6.6 + 14, max(value for _, value in rows)
        for index, (name, value) in enumerate(rows):
            field, middle = Field(panel, name), y + (index + 0.5) * each
            self.text(x + room - 8, middle, name, 9, ha="right")
            self.box(x + room, middle - each * 0.36, w - room - 60, each * 0.72, "#22252b")
            self.box(x + room, middle - each * 0.36, (w - room - 60) * value / (top or 1), each * 0.72, field.color(value))
            self.text(x + w - 50, middle, field.words(value, self.data.end), 11, weight="bold", color=field.color(value))

    def table(self, panel, x, y, w, h):
        [organize] = [step["options"] for step in panel["transformations"] if step["id"] == "organize"]
        [grouped] = [step["options"]["fields"] for step in panel["transformations"] if step["id"] == "groupBy"] or [None]
        found = {}
        for target in panel["targets"]:
            if grouped:
                answers = [(metric, value, at) for metric, values in self.data.range(target["expr"], self.data.step(w)) for at, value in values]
            else:
                answers = [(metric, value, None) for metric, value in self.data.instant(target["expr"])]
            for metric, value, at in answers:
                own = ("__name__", "state", "status", "reason")
                row = found.setdefault((at, *sorted(pair for pair in metric.items() if pair[0] not in own)), {})
                row.update(metric)
                row[f"Value #{target['refId']}"] = value
        order = sorted(organize["renameByName"], key=lambda field: organize["indexByName"][field])
        columns = [(field, organize["renameByName"][field]) for field in order if field not in organize["excludeByName"]]
        columns = [(key, Field(panel, title)) for key, title in columns if not Field(panel, title).custom.get("hidden")]
        rows = list(found.values())
        if grouped:
            runs = {}
            for row in rows:
                keys = [field for field, title in organize["renameByName"].items() if grouped[title]["operation"] == "groupby"]
                runs.setdefault(tuple(row.get(field) for field in keys), {}).update(row)
            rows = list(runs.values())
        for sort in panel["options"].get("sortBy", []):
            key = next(key for key, field in columns if field.name == sort["displayName"])
            rows.sort(key=lambda row: (row.get(key) is None, row.get(key)), reverse=sort["desc"])
        said = [[field.name, *(field.words(row[key], self.data.end) for row in rows if row.get(key) is not None)] for key, field in columns]
        lengths = [max(map(len, texts)) + 2 for texts in said]
        widths = [w * length / sum(lengths) for length in lengths]
        lefts = [x + sum(widths[:index]) for index in range(len(widths))]
        for left, width, (_, field) in zip(lefts, widths, columns):
            self.text(left + 4, y + 8, cut(field.name, width, 8.0), 8.6, color=COLORS["blue"])
        if not rows:
            return self.text(x + w / 2, y + h / 2, panel["fieldConfig"]["defaults"].get("noValue", ""), 11, ha="center", color=DIM)
        high = 24
        for line, row in enumerate(rows):
            top = y + 20 + line * high
            if top + high > y + h + 4:
                self.text(x + 4, top + 4, f"… {len(rows) - line} more", 8, color=DIM)
                break
            self.box(x, top - 0.5, w, 0.6, EDGE)
            for left, width, (key, field) in zip(lefts, widths, columns):
                value = row.get(key)
                if value is None:
                    continue
                shown, shade = field.words(value, self.data.end), field.color(value)
                kind = field.custom.get("cellOptions", {}).get("type", "auto")
                if kind == "color-background":
                    self.box(left + 1, top + 1, width - 4, high - 2, shade)
                if kind == "color-background":
                    ink = on(shade)
                elif kind == "color-text":
                    ink = shade
                else:
                    ink = COLORS["blue"] if "links" in field.properties else TEXT
                self.text(left + 6, top + high / 2, cut(shown, width, 8.0), 8.6, color=ink)


def opened(panels):
    """As if each folded row had been clicked."""
    found, lower = [], 0
    for panel in panels:
        found.append({**panel, "gridPos": {**panel["gridPos"], "y": panel["gridPos"]["y"] + lower}})
        if panel["type"] == "row" and panel["collapsed"]:
            within = panel["panels"]
            found[-1]["collapsed"] = False
            found += [{**one, "gridPos": {**one["gridPos"], "y": one["gridPos"]["y"] + lower}} for one in within]
            lower += max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in within) - panel["gridPos"]["y"] - 1
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("board", help="stoker-overview, stoker-service or stoker-supervisor")
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090")
    parser.add_argument("--scrape-interval", type=float, default=15, help="seconds, as in Prometheus' configuration")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--end", type=float, help="in seconds since 1970; now, if not given")
    parser.add_argument("--open", action="store_true", help="with the panels of folded rows")
    parser.add_argument("--set", action="append", default=[], metavar="VARIABLE=VALUE", help="such as name=betanet")
    arguments = parser.parse_args()
    board = json.loads((pathlib.Path(__file__).parent / f"{arguments.board}.json").read_text())
    if arguments.open:
        board["panels"] = opened(board["panels"])
    sys.stdout.buffer.write(Picture(board, Data(arguments, board)).save())


if __name__ == "__main__":
    main()
