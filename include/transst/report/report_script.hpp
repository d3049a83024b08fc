// What the page of html_report does, as it stands in the file.
//
// Words of the data reach the page as text nodes only, never as markup.
#pragma once

#include <string_view>

namespace transst::detail {

inline constexpr std::string_view report_script = R"js(
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const by = id => document.getElementById(id);
const NONE = 65535;

/// An element with attributes, its text and children; text is never read as markup.
function make(tag, attributes, ...inside) {
  const svg = ["svg", "path", "circle", "line", "text", "g", "title", "rect"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag)
                      : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {}))
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  for (const one of inside) if (one !== null) element.append(one);
  return element;
}
function bytes(text) {
  const plain = atob(text), out = new Uint8Array(plain.length);
  for (let i = 0; i < plain.length; ++i) out[i] = plain.charCodeAt(i);
  return out;
}
const array = (Type, text) => new Type(bytes(text).buffer);
const whole = value => value.toLocaleString("en-US");
function brief(value) {
  if (value === null) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2);
  return String(Number(value.toPrecision(size >= 1000 ? 7 : 3)));
}
function power(log10) {  // of q, which may be smaller than any number
  if (log10 > -3) return brief(Math.pow(10, log10));
  const tens = Math.floor(log10);
  return Math.pow(10, log10 - tens).toFixed(1) + "e" + tens;
}

// Colours ---------------------------------------------------------------------------------------

const dark = () => document.documentElement.dataset.theme
  ? document.documentElement.dataset.theme === "dark"
  : matchMedia("(prefers-color-scheme: dark)").matches;
const rgb = hex => [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));
const hex = color => "#" + color.map(c => Math.round(c).toString(16).padStart(2, "0")).join("");

/// The darkest colours are made brighter where the ground is dark.
function shown(color) {
  const c = rgb(color), lack = 1 - (0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2]) / 75;
  if (!dark() || lack <= 0) return c;
  const gain = Math.min(255 / Math.max(...c), 1 + 1.6 * lack);
  return c.map(x => x * gain + (255 - x * gain) * 0.1 * lack);
}
const ramps = {
  light: ["#e9edf0", "#b9d6df", "#6db0c6", "#2c7da4", "#1a4b80", "#1b1a4a"],
  dark: ["#2b3138", "#24506e", "#2685a3", "#55b9ae", "#a9dfa0", "#fbf7b0"]};
function ramp(share) {
  const stops = ramps[dark() ? "dark" : "light"], at = Math.min(share, 1) * (stops.length - 1);
  const low = Math.min(Math.floor(at), stops.length - 2), part = at - low;
  const a = rgb(stops[low]), b = rgb(stops[low + 1]);
  return a.map((x, i) => x + (b[i] - x) * part);
}
const ground = () =>
  getComputedStyle(document.documentElement).getPropertyValue("--plate").trim();
const missing = () => dark() ? [74, 80, 88] : [214, 216, 218];

// What the spots are coloured by ------------------------------------------------------------------

const n = data.spots;
const cluster = array(Uint16Array, data.cluster);
const confidence = data.confidence ? bytes(data.confidence) : null;
const truth = data.labels ? array(Uint16Array, data.labels.of) : null;
const named = data.clusters.map(c => c.name || "");
const names = [...new Set(named.filter(name => name))];
const nameOf = cluster.map(k => names.indexOf(named[k]));  // -1 becomes NONE

// A name has the colour of the first cluster with it; a known label that of its name, or of the
// cluster that it is matched with, or one that nothing else has.
const clusterColors = data.clusters.map((_, k) => data.colors[k]);
const nameColors = names.map(name => clusterColors[named.indexOf(name)]);
const labelColors = (data.labels ? data.labels.names : []).map((label, j) => {
  const same = names.indexOf(label), matched = data.confusion ? data.confusion.match.indexOf(j) : -1;
  if (same >= 0) return nameColors[same];
  const of = matched >= 0 ? clusterColors[matched] : null;
  const taken = data.labels.names.some(other => {
    const at = names.indexOf(other);
    return at >= 0 && nameColors[at] === of;
  });
  return of && !taken ? of : data.colors[data.clusters.length + j];
});

function groups(title, of, labels, colors, notes) {
  const sizes = new Array(labels.length + 1).fill(0);
  for (let i = 0; i < n; ++i) ++sizes[of[i] === NONE ? labels.length : of[i]];
  return {title, of, labels, colors, notes, sizes};
}
/// Values in levels; the few lowest and highest do not take the colours from all the others.
function levels(title, of, value, last, note) {
  const counts = new Array(256).fill(0), few = n * 0.005;
  for (let i = 0; i < n; ++i) ++counts[of[i]];
  let base = 0, full = last;
  if (last === 255) {
    for (let above = counts[full]; full > 1 && above <= few;) above += counts[--full];
    for (let below = counts[base]; base < full - 1 && below <= few;) below += counts[++base];
  }
  return {title, of, value, base, full, last, note, continuous: true};
}
const views = {cluster: {label: "Cluster", make: () => groups("Cluster", cluster,
  named.map((name, k) => name ? k + 1 + " " + name : "Cluster " + (k + 1)), clusterColors,
  data.clusters.map(c => (c.confidence === null ? "" : "confidence " + c.confidence.toFixed(2)) +
    (c.novel ? (c.confidence === null ? "" : ", ") + "novel" : "")))}};
if (names.length) views.name = {label: "Name", make: () => groups("Name", nameOf, names, nameColors)};
if (confidence) views.confidence = {label: "Confidence",
  make: () => levels("Confidence of the spot", confidence, v => v / 254, 254)};
if (truth) views.label = {label: "Known label",
  make: () => groups("Known label", truth, data.labels.names, labelColors)};
const geneName = gene => gene.symbol || gene.id;
const geneValue = (gene, level) => gene.low + level / 255 * (gene.high - gene.low);
const decoded = new Map();
function geneLevels(g) {
  if (!decoded.has(g)) decoded.set(g, bytes(data.genes[g].levels));
  return decoded.get(g);
}

// The map -----------------------------------------------------------------------------------------

const canvas = by("canvas"), plate = by("plate"), pen = canvas.getContext("2d");
const x = array(Float32Array, data.x), y = array(Float32Array, data.y);
const section = array(Uint16Array, data.section);
const placed = new Float64Array(2 * n);  // where each spot lies on the sheet of all sections
const many = data.sections.length > 1;
const widest = Math.max(...data.sections.map(s => s.width)) + data.pitch;
const highest = Math.max(...data.sections.map(s => s.height)) + data.pitch;
let sheet = {}, grid = {}, view = {zoom: 1, x: 0, y: 0}, now = null, chosen = null, at = -1;
let gene = -1;

/// Sections side by side, in as many columns as make them largest; titles above them.
function layOut() {
  const width = Math.max(1, plate.clientWidth - 24), height = Math.max(1, plate.clientHeight - 24);
  const gap = many ? 26 : 0, title = many ? 24 : 0, count = data.sections.length;
  let best = 0;
  for (let columns = 1; columns <= count; ++columns) {
    const rows = Math.ceil(count / columns);
    const scale = Math.min((width - gap * (columns - 1)) / columns / widest,
                           (height - (gap + title) * rows + gap) / rows / highest);
    if (scale > best || columns === 1) { best = scale; sheet = {columns, rows, scale}; }
  }
  // few spots need not fill the plate
  sheet.scale = Math.max(Math.min(sheet.scale, 34 / data.pitch), 30 / Math.max(widest, highest));
  sheet.step = [widest + gap / sheet.scale, highest + (gap + title) / sheet.scale];
  sheet.title = title / sheet.scale;
  const used = Math.min(count, sheet.columns);
  sheet.size = [sheet.step[0] * used - gap / sheet.scale,
                sheet.step[1] * sheet.rows - gap / sheet.scale];
  for (let i = 0; i < n; ++i) {
    const s = section[i];
    if (s === NONE) { placed[2 * i] = placed[2 * i + 1] = NaN; continue; }
    const [left, top] = corner(s);
    placed[2 * i] = left + x[i] + data.pitch / 2;
    placed[2 * i + 1] = top + sheet.title + y[i] + data.pitch / 2;
  }
  // spots by cells of a grid, to find the one below a finger quickly
  const cell = Math.max(2 * data.pitch, Math.sqrt(sheet.size[0] * sheet.size[1] / Math.max(n, 1)));
  const columns = Math.ceil(sheet.size[0] / cell) + 1, rows = Math.ceil(sheet.size[1] / cell) + 1;
  const starts = new Uint32Array(columns * rows + 1), spots = new Uint32Array(n);
  const place = i => Math.floor(placed[2 * i + 1] / cell) * columns + Math.floor(placed[2 * i] / cell);
  for (let i = 0; i < n; ++i) if (section[i] !== NONE) ++starts[place(i) + 1];
  for (let c = 0; c < columns * rows; ++c) starts[c + 1] += starts[c];
  const next = starts.slice();
  for (let i = 0; i < n; ++i) if (section[i] !== NONE) spots[next[place(i)]++] = i;
  grid = {cell, columns, rows, starts, spots};
}
const corner = s => [s % sheet.columns * sheet.step[0], Math.floor(s / sheet.columns) * sheet.step[1]];

/// Scale and shift from the sheet to the canvas, in its own pixels.
function frame() {
  const dots = canvas.width / Math.max(1, plate.clientWidth), scale = sheet.scale * view.zoom * dots;
  return {dots, scale,
    left: canvas.width / 2 - (sheet.size[0] / 2 + view.x) * scale,
    top: canvas.height / 2 - (sheet.size[1] / 2 + view.y) * scale};
}

/// Share of each pixel that a disc covers, for 4 × 4 places of its centre within a pixel.
function discs(radius) {
  const reach = Math.ceil(radius + 1), side = 2 * reach + 1, out = [];
  for (let place = 0; place < 16; ++place) {
    const cx = reach + (place % 4 + 0.5) / 4, cy = reach + (Math.floor(place / 4) + 0.5) / 4;
    const cover = new Uint8Array(side * side);
    for (let i = 0; i < side * side; ++i) {
      const far = Math.hypot(i % side + 0.5 - cx, Math.floor(i / side) + 0.5 - cy);
      cover[i] = 255 * Math.min(1, Math.max(0, radius + 0.5 - far)) * Math.min(1, 4 * radius * radius);
    }
    out.push(cover);
  }
  return {reach, side, out};
}

let waiting = false, spots = null;  // spots: their picture, while nothing about them changes
function redraw(changed = true) {
  if (changed) spots = null;
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; draw(); });
}

function drawSpots(f) {
  const {width, height} = canvas;
  const below = rgb(ground());
  const pack = c => (255 << 24 | Math.round(c[2]) << 16 | Math.round(c[1]) << 8 | Math.round(c[0])) >>> 0;
  const pale = c => c.map((v, i) => v + (below[i] - v) * 0.86);
  const image = pen.createImageData(width, height), pixels = new Uint32Array(image.data.buffer);
  pixels.fill(pack(below));
  const colors = new Uint32Array(65536).fill(pack(missing()));
  if (now.continuous) {
    for (let v = 0; v <= now.last; ++v)
      colors[v] = pack(ramp(Math.max(0, (v - now.base) / (now.full - now.base))));
  } else {
    now.colors.forEach((c, k) => {
      colors[k] = pack(chosen === null || chosen === k ? shown(c) : pale(shown(c)));
    });
    if (chosen !== null && chosen !== NONE) colors[NONE] = pack(pale(missing()));
  }
  // spots do not touch, unless they are so small that the gaps would be all there is to see
  const apart = data.pitch * f.scale, fill = Math.min(1, Math.max(0, (6 - apart) / 3.5));
  const radius = Math.max(0.55, (0.47 + 0.15 * fill) * apart), {reach, side, out} = discs(radius);
  for (let i = 0; i < n; ++i) {
    const px = placed[2 * i] * f.scale + f.left, py = placed[2 * i + 1] * f.scale + f.top;
    if (!(px > -reach && py > -reach && px < width + reach && py < height + reach)) continue;
    const ix = Math.floor(px), iy = Math.floor(py), color = colors[now.of[i]];
    const cover = out[Math.floor((py - iy) * 4) * 4 + Math.floor((px - ix) * 4)];
    const r = color & 255, g = color >> 8 & 255, b = color >> 16 & 255;
    const left = Math.max(0, reach - ix), right = Math.min(side, width - ix + reach);
    for (let row = Math.max(0, reach - iy); row < side && row + iy - reach < height; ++row) {
      let to = (row + iy - reach) * width + ix - reach + left;
      for (let from = row * side + left; from < row * side + right; ++from, ++to) {
        const share = cover[from];
        if (share === 255) pixels[to] = color;
        else if (share > 0) {
          const old = pixels[to], rest = 255 - share;
          pixels[to] = (255 << 24 | ((old >> 16 & 255) * rest + b * share) / 255 << 16 |
            ((old >> 8 & 255) * rest + g * share) / 255 << 8 |
            ((old & 255) * rest + r * share) / 255) >>> 0;
        }
      }
    }
  }
  return image;
}

function draw() {
  const f = frame();
  if (!spots) spots = drawSpots(f);
  pen.putImageData(spots, 0, 0);
  const style = getComputedStyle(document.body);
  if (many) {
    pen.fillStyle = style.color;
    pen.font = "600 " + 13 * f.dots + "px " + style.fontFamily;
    pen.textBaseline = "alphabetic";
    data.sections.forEach((s, k) => {
      const [left, top] = corner(k);
      pen.fillText(s.name, left * f.scale + f.left, (top + sheet.title) * f.scale + f.top - 7 * f.dots,
                   widest * f.scale);
    });
  }
  if (at >= 0) {
    pen.beginPath();
    pen.arc(placed[2 * at] * f.scale + f.left, placed[2 * at + 1] * f.scale + f.top,
            0.47 * data.pitch * f.scale + 2.5 * f.dots, 0, 7);
    for (const [width, color] of [[5, ground()], [2, style.color]]) {
      pen.lineWidth = width * f.dots;
      pen.strokeStyle = color;
      pen.stroke();
    }
  }
  canvas.dataset.drawn = now.title;
}

/// The spot nearest to a place on the canvas (in CSS pixels), if one is near.
function spotAt(cx, cy) {
  const f = frame(), sx = (cx * f.dots - f.left) / f.scale, sy = (cy * f.dots - f.top) / f.scale;
  const near = Math.max(0.75 * data.pitch, 7 * f.dots / f.scale);
  let best = -1, least = near * near;
  const around = Math.ceil(near / grid.cell);
  const column = Math.floor(sx / grid.cell), row = Math.floor(sy / grid.cell);
  for (let r = Math.max(0, row - around); r <= Math.min(grid.rows - 1, row + around); ++r)
    for (let c = Math.max(0, column - around); c <= Math.min(grid.columns - 1, column + around); ++c)
      for (let e = grid.starts[r * grid.columns + c]; e < grid.starts[r * grid.columns + c + 1]; ++e) {
        const i = grid.spots[e], far = (placed[2 * i] - sx) ** 2 + (placed[2 * i + 1] - sy) ** 2;
        if (far < least) { least = far; best = i; }
      }
  return best;
}

/// The next spot of the same section in a direction, for the keyboard.
function spotTowards(dx, dy) {
  if (at < 0) {
    const first = cluster.findIndex((_, i) => section[i] !== NONE);
    return first;
  }
  let best = at, least = Infinity;
  for (let i = 0; i < n; ++i) {
    if (i === at || section[i] !== section[at]) continue;
    const ex = placed[2 * i] - placed[2 * at], ey = placed[2 * i + 1] - placed[2 * at + 1];
    const along = ex * dx + ey * dy, across = Math.abs(ex * dy - ey * dx);
    if (along <= 0 || across > along) continue;
    const far = along + 2 * across;
    if (far < least) { least = far; best = i; }
  }
  return best;
}

function about(i) {
  const k = cluster[i], lines = [];
  lines.push(["Spot", data.barcodes ? data.barcodes[i] : whole(i + 1)]);
  if (many) lines.push(["Section", data.sections[section[i]].name]);
  lines.push(["Cluster", k === NONE ? "NA" : String(k + 1)]);
  if (k !== NONE && named[k]) lines.push(["Name", named[k]]);
  if (confidence && confidence[i] < 255) lines.push(["Confidence", (confidence[i] / 254).toFixed(2)]);
  if (truth) lines.push(["Known label", truth[i] === NONE ? "NA" : data.labels.names[truth[i]]]);
  if (gene >= 0)
    lines.push([geneName(data.genes[gene]),
                geneValue(data.genes[gene], geneLevels(gene)[i]).toFixed(2)]);
  return lines;
}

function point(i, spoken) {
  if (i === at) return;
  at = i;
  const tip = by("tip");
  tip.classList.toggle("hidden", at < 0);
  if (at >= 0) {
    const lines = about(at), f = frame();
    tip.replaceChildren(...lines.map(([what, value], l) => make("div", {},
      l === 0 ? make("b", {}, value) : make("span", {class: "quiet"}, what + " "),
      l === 0 ? null : value)));
    const cx = (placed[2 * at] * f.scale + f.left) / f.dots;
    const cy = (placed[2 * at + 1] * f.scale + f.top) / f.dots;
    const wide = tip.offsetWidth, high = tip.offsetHeight;
    const left = cx + 16 + wide > plate.clientWidth ? cx - 16 - wide : cx + 16;
    tip.style.left = Math.max(4, Math.min(left, plate.clientWidth - wide - 4)) + "px";
    tip.style.top = Math.max(4, Math.min(cy - high / 2, plate.clientHeight - high - 4)) + "px";
    if (spoken) by("told").textContent = lines.map(line => line.join(" ")).join(", ");
  }
  redraw(false);
}

function zoom(factor, cx = plate.clientWidth / 2, cy = plate.clientHeight / 2) {
  const before = frame();
  const sx = (cx * before.dots - before.left) / before.scale;
  const sy = (cy * before.dots - before.top) / before.scale;
  const most = Math.max(1, 60 / (data.pitch * sheet.scale));
  view.zoom = Math.min(most, Math.max(1, view.zoom * factor));
  const after = frame();
  view.x += sx - (cx * after.dots - after.left) / after.scale;
  view.y += sy - (cy * after.dots - after.top) / after.scale;
  settle();
}
function settle() {
  if (view.zoom === 1) view.x = view.y = 0;
  view.x = Math.max(-sheet.size[0] / 2, Math.min(sheet.size[0] / 2, view.x));
  view.y = Math.max(-sheet.size[1] / 2, Math.min(sheet.size[1] / 2, view.y));
  canvas.classList.toggle("near", view.zoom > 1);
  by("whole").disabled = by("farther").disabled = view.zoom === 1;
  point(-1);
  redraw();
}
by("closer").addEventListener("click", () => zoom(1.6));
by("farther").addEventListener("click", () => zoom(1 / 1.6));
by("whole").addEventListener("click", () => { view = {zoom: 1, x: 0, y: 0}; settle(); });

const fingers = new Map();
const inside = event => {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};
canvas.addEventListener("pointerdown", event => {
  fingers.set(event.pointerId, inside(event));
  if (view.zoom > 1) canvas.setPointerCapture(event.pointerId);
  point(spotAt(...inside(event)), event.pointerType !== "mouse");
});
canvas.addEventListener("pointermove", event => {
  const to = inside(event), from = fingers.get(event.pointerId);
  if (!from) {
    if (event.pointerType === "mouse") point(spotAt(...to));
    return;
  }
  if (fingers.size === 2) {
    const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
    const apart = p => Math.hypot(p[0] - other[0], p[1] - other[1]);
    zoom(apart(to) / Math.max(1, apart(from)), (to[0] + other[0]) / 2, (to[1] + other[1]) / 2);
  } else if (view.zoom > 1 && Math.hypot(to[0] - from[0], to[1] - from[1]) > 0) {
    const f = frame();
    view.x -= (to[0] - from[0]) * f.dots / f.scale;
    view.y -= (to[1] - from[1]) * f.dots / f.scale;
    settle();
  }
  fingers.set(event.pointerId, to);
});
for (const end of ["pointerup", "pointercancel", "pointerleave"])
  canvas.addEventListener(end, event => {
    fingers.delete(event.pointerId);
    if (end === "pointerleave" && event.pointerType === "mouse") point(-1);
  });
canvas.addEventListener("wheel", event => {
  if (!event.ctrlKey && !event.metaKey) return;  // the page scrolls
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 200), ...inside(event));
}, {passive: false});
canvas.addEventListener("dblclick", event => zoom(2, ...inside(event)));
canvas.addEventListener("keydown", event => {
  const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  if (ways[event.key]) point(spotTowards(...ways[event.key]), true);
  else if (event.key === "+" || event.key === "=") zoom(1.6);
  else if (event.key === "-") zoom(1 / 1.6);
  else if (event.key === "Escape") { view = {zoom: 1, x: 0, y: 0}; settle(); }
  else return;
  event.preventDefault();
});
canvas.addEventListener("blur", () => point(-1));

function drawLegend() {
  const legend = by("legend");
  legend.replaceChildren(make("h3", {}, now.title));
  if (now.continuous) {
    const stops = [0, .2, .4, .6, .8, 1].map(s => hex(ramp(s))).join(", ");
    const ends = [now.value(now.base).toFixed(2) + (now.base > 0 ? " and less" : ""),
                  now.value(now.full).toFixed(2) + (now.full < now.last ? " and more" : "")];
    legend.append(
      make("div", {class: "ramp", style: "background: linear-gradient(90deg, " + stops + ")"}),
      make("div", {class: "ends small"}, ...ends.map(end => make("span", {}, end))));
    if (now.note) legend.append(make("p", {class: "quiet small", style: "margin-top: 8px"}, now.note));
    return;
  }
  const list = make("ul", {});
  const entry = (k, label, color, size, note) => {
    const button = make("button", {type: "button", "aria-pressed": chosen === k,
      title: "Show these spots alone"},
      make("span", {class: "dot", style: "background:" + hex(color)}),
      make("span", {class: "what"}, label,
           note ? make("span", {class: "quiet small"}, make("br"), note) : null),
      make("span", {class: "count"}, whole(size)));
    button.setAttribute("aria-pressed", String(chosen === k));
    button.addEventListener("click", () => {
      chosen = chosen === k ? null : k;
      list.querySelectorAll("button").forEach(b => b.setAttribute("aria-pressed", "false"));
      button.setAttribute("aria-pressed", String(chosen === k));
      redraw();
    });
    list.append(make("li", {}, button));
  };
  now.labels.forEach((label, k) =>
    entry(k, label, shown(now.colors[k]), now.sizes[k], now.notes ? now.notes[k] : ""));
  if (now.sizes[now.labels.length]) entry(NONE, "NA", missing(), now.sizes[now.labels.length]);
  legend.append(list);
}

function show(what) {
  chosen = null;
  if (typeof what === "number") {
    gene = what;
    const g = data.genes[gene];
    now = levels(geneName(g), geneLevels(gene), level => geneValue(g, level), 255,
                 (g.symbol && g.symbol !== g.id ? g.id + ". " : "") + "Log-normalised expression.");
  } else {
    gene = -1;
    now = views[what].make();
  }
  by("gene").value = gene >= 0 ? String(gene) : "";
  document.querySelectorAll("#views button").forEach(button =>
    button.setAttribute("aria-pressed", String(button.value === what)));
  document.querySelectorAll("#markers td button").forEach(button =>
    button.setAttribute("aria-pressed", String(button.value === String(gene) && gene >= 0)));
  canvas.setAttribute("aria-label", whole(n) + " spots, coloured by " +
    (gene >= 0 ? "expression of " : "") + now.title);
  point(-1);
  drawLegend();
  redraw();
}
for (const [key, {label}] of Object.entries(views)) {
  const button = make("button", {type: "button", value: key, "aria-pressed": "false"}, label);
  button.addEventListener("click", () => show(key));
  by("views").append(button);
}

// Marker genes --------------------------------------------------------------------------------------

const columns = [
  {title: "Cluster", value: m => m[0]},
  {title: "Gene", value: m => geneName(data.genes[m[1]])},
  {title: "log₂ fold change", value: m => m[2], text: v => v.toFixed(2)},
  {title: "% in", value: m => m[3], text: v => (100 * v).toFixed(0)},
  {title: "% outside", value: m => m[4], text: v => (100 * v).toFixed(0)},
  {title: "AUC", value: m => m[5], text: v => v.toFixed(3)},
  {title: "q", value: m => m[6], text: power}];
const clusterName = k => named[k] ? k + 1 + " " + named[k] : String(k + 1);
let order = {column: -1, falling: false};

function fillMarkers() {
  const limit = by("of-cluster").value, find = by("find").value.trim().toLowerCase();
  const rows = data.markers.filter(m => (limit === "" || m[0] === Number(limit)) &&
    (data.genes[m[1]].id + "\n" + data.genes[m[1]].symbol).toLowerCase().includes(find));
  if (order.column >= 0) {
    const value = columns[order.column].value, sign = order.falling ? -1 : 1;
    rows.sort((a, b) => {
      const u = value(a), v = value(b);
      return sign * (typeof u === "string" ? u.localeCompare(v) : u - v);
    });
  }
  const body = make("tbody");
  for (const m of rows) {
    const row = make("tr");
    const swatch = make("span", {class: "dot", style: "background:" + hex(shown(clusterColors[m[0]]))});
    const pick = make("button", {type: "button", value: m[1], "aria-pressed": String(gene === m[1]),
      "aria-label": "Show " + geneName(data.genes[m[1]]) + " on the tissue"},
      geneName(data.genes[m[1]]));
    row.append(make("td", {}, swatch, clusterName(m[0])), make("td", {}, pick));
    for (const column of columns.slice(2))
      row.append(make("td", {class: "number"}, column.text(column.value(m))));
    body.append(row);
  }
  by("markers").tBodies[0].replaceWith(body);
  by("shown").textContent = whole(rows.length) + (rows.length === 1 ? " row" : " rows") +
    " of each cluster’s best markers";
}

function makeMarkers() {
  if (!data.markers.length) { by("markers-card").classList.add("hidden"); return; }
  const head = make("tr");
  columns.forEach((column, c) => {
    const button = make("button", {type: "button"}, column.title);
    const cell = make("th", {class: "sort" + (c > 1 ? " number" : ""), scope: "col"}, button);
    button.addEventListener("click", () => {
      // numbers that speak for a gene fall first; names, clusters and q rise
      const first = c > 1 && c !== 4 && c < 6;
      order = {column: c, falling: order.column === c ? !order.falling : first};
      head.querySelectorAll("th").forEach(th => th.removeAttribute("aria-sort"));
      cell.setAttribute("aria-sort", order.falling ? "descending" : "ascending");
      fillMarkers();
    });
    head.append(cell);
  });
  by("markers").append(make("thead", {}, head), make("tbody"));
  by("markers").addEventListener("click", event => {
    const pick = event.target.closest("td button");
    if (!pick) return;
    show(Number(pick.value));
    by("map-title").scrollIntoView({block: "start"});
  });
  by("of-cluster").append(make("option", {value: ""}, "All"));
  data.clusters.forEach((_, k) => by("of-cluster").append(make("option", {value: k}, clusterName(k))));
  by("of-cluster").addEventListener("change", fillMarkers);
  by("find").addEventListener("input", fillMarkers);
  fillMarkers();
}

function makeGenes() {
  if (!data.genes.length) { by("gene-label").classList.add("hidden"); return; }
  by("gene").append(make("option", {value: ""}, "–"));
  data.clusters.forEach((_, k) => {
    const own = data.markers.filter(m => m[0] === k);
    if (!own.length) return;
    by("gene").append(make("optgroup", {label: "Cluster " + clusterName(k)},
      ...own.map(m => make("option", {value: m[1]}, geneName(data.genes[m[1]])))));
  });
  by("gene").addEventListener("change", event =>
    show(event.target.value === "" ? "cluster" : Number(event.target.value)));
}

// Curves, tables, words -------------------------------------------------------------------------------

/// Few round numbers that span the values.
function ticks(low, high) {
  if (!(high > low)) { const pad = Math.abs(low) * 0.1 || 1; low -= pad; high += pad; }
  const rough = (high - low) / 4, tens = Math.pow(10, Math.floor(Math.log10(rough)));
  const step = [1, 2, 5, 10].map(s => s * tens).find(s => s >= rough);
  const out = [];
  for (let t = Math.floor(low / step); t * step < high + step * 0.999; ++t) out.push(t * step);
  return {out, text: v => {
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const size = Math.max(Math.abs(low), Math.abs(high));
    const words = size < 1e-4 || digits > 6 ? v.toExponential(2)
      : size >= 1e9 ? v.toExponential(Math.max(2, Math.ceil(Math.log10(size / step))))
      : v.toLocaleString("en-US", {minimumFractionDigits: digits, maximumFractionDigits: digits});
    return words.replace("-", "−");
  }};
}

function chart(curve) {
  const width = 380, height = 210, top = 26, bottom = 40, right = 12;
  const count = curve.y.length, known = curve.y.filter(v => v !== null);
  const {out, text} = ticks(Math.min(...known), Math.max(...known));
  const left = 18 + 6.6 * Math.max(...out.map(v => text(v).length));
  const labels = curve.x.length ? curve.x : curve.y.map((_, i) => String(i + 1));
  const px = i => count === 1 ? (left + width - right) / 2
                              : left + 8 + i * (width - right - left - 16) / (count - 1);
  const py = v => height - bottom - (v - out[0]) / (out.at(-1) - out[0]) * (height - bottom - top);
  const svg = make("svg", {viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `${curve.title}: ${curve.y_title} against ${curve.x_title}, ` +
      curve.y.map((v, i) => labels[i] + ": " + brief(v)).slice(0, 60).join(", ")});
  for (const v of out)
    svg.append(make("line", {class: "axis", x1: left, x2: width - right, y1: py(v), y2: py(v)}),
               make("text", {x: left - 7, y: py(v) + 4, "text-anchor": "end"}, text(v)));
  const every = Math.max(1, Math.ceil(count / 9));
  for (let i = 0; i < count; i += every)
    svg.append(make("text", {x: px(i), y: height - bottom + 18, "text-anchor": "middle"}, labels[i]));
  svg.append(make("text", {x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle"},
                  curve.x_title));
  const path = curve.y.map((v, i) => v === null ? "" : `${px(i)} ${py(v)}`).filter(p => p);
  svg.append(make("path", {class: "curve", d: "M" + path.join("L")}));
  if (count <= 40)
    curve.y.forEach((v, i) => {
      if (v !== null && i !== curve.chosen)
        svg.append(make("circle", {class: "point", cx: px(i), cy: py(v), r: 3}));
    });
  if (curve.chosen !== null && curve.y[curve.chosen] !== null)
    svg.append(make("circle", {class: "chosen", cx: px(curve.chosen), cy: py(curve.y[curve.chosen]), r: 5}));
  const read = make("text", {class: "read", x: width - right, y: 14, "text-anchor": "end"});
  const dot = make("circle", {class: "point hidden", r: 4});
  svg.append(read, dot);
  const tell = event => {
    const box = svg.getBoundingClientRect(), u = (event.clientX - box.left) / box.width * width;
    let i = 0;
    for (let j = 1; j < count; ++j) if (Math.abs(px(j) - u) < Math.abs(px(i) - u)) i = j;
    if (curve.y[i] === null) return;
    read.textContent = labels[i] + ": " + text(curve.y[i]);
    dot.setAttribute("cx", px(i));
    dot.setAttribute("cy", py(curve.y[i]));
    dot.classList.remove("hidden");
  };
  svg.addEventListener("pointermove", tell);
  svg.addEventListener("pointerdown", tell);
  svg.addEventListener("pointerleave", () => { read.textContent = ""; dot.classList.add("hidden"); });
  return make("div", {class: "chart"}, make("h3", {}, curve.title), svg,
              curve.note ? make("p", {class: "quiet small"}, curve.note) : null);
}

function makeConfusion() {
  if (!data.confusion) { by("confusion-card").classList.add("hidden"); return; }
  const {counts, match} = data.confusion, table = by("confusion");
  table.replaceChildren(
    make("thead", {}, make("tr", {}, make("th", {scope: "col"}, "Cluster"),
      ...data.labels.names.map(name => make("th", {scope: "col", class: "number"}, name)))),
    make("tbody", {}, ...counts.map((row, k) => {
      const sum = row.reduce((a, b) => a + b, 0) || 1;
      return make("tr", {}, make("th", {scope: "row"}, clusterName(k)), ...row.map((count, j) =>
        make("td", {class: match[k] === j ? "match" : "",
          style: `background: color-mix(in srgb, var(--accent) ${Math.round(45 * count / sum)}%, transparent)`},
          whole(count), match[k] === j ? make("span", {class: "unseen"}, " matched") : null)));
    })));
}

function fill(list, items, make_one) {
  by(list).replaceChildren(...items.flatMap(make_one));
}
const pair = ([what, value]) => [make("dt", {}, what), make("dd", {}, value)];

by("title").textContent = data.title;
by("subtitle").textContent = data.subtitle;
by("stopped").classList.toggle("hidden", !data.stopped);
fill("facts", data.facts, fact => make("div", {}, ...pair(fact)));
fill("decisions", data.decisions, words => make("li", {}, words));
fill("warnings", data.warnings, words => make("li", {}, words));
by("decisions-card").classList.toggle("hidden", !data.decisions.length);
by("warnings-card").classList.toggle("hidden", !data.warnings.length);
if (!data.decisions.length || !data.warnings.length) by("words").classList.remove("two");
fill("options", data.options, pair);
const spent = data.times.reduce((sum, time) => sum + time[1], 0);
const seconds = value => (value < 0.0995 ? value.toFixed(3) : value.toFixed(2)) + " s";
fill("times", [...data.times, ["all", spent]], ([step, time]) => pair([step, seconds(time)]));
fill("curves", data.curves, chart);
by("curves-card").classList.toggle("hidden", !data.curves.length);
makeConfusion();
makeMarkers();
makeGenes();
by("footer").textContent = data.program;

// Light and dark, and every size of window --------------------------------------------------------------

function paint() {
  by("theme").textContent = dark() ? "Light" : "Dark";
  drawLegend();
  if (data.markers.length) fillMarkers();
  redraw();
}
by("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = dark() ? "light" : "dark";
  paint();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
function resize() {
  // no higher than the sections need
  plate.style.height = "";
  layOut();
  const needed = Math.max(240, Math.ceil(sheet.size[1] * sheet.scale) + 24);
  if (needed < plate.clientHeight) plate.style.height = needed + "px";
  const dots = Math.min(3, devicePixelRatio || 1);
  const width = Math.max(1, Math.round(plate.clientWidth * dots));  // 0 while it is not shown
  const height = Math.max(1, Math.round(plate.clientHeight * dots));
  if (canvas.width === width && canvas.height === height) return;
  canvas.width = width;
  canvas.height = height;
  point(-1);
  spots = null;
  if (now) draw();
}
resize();
show("cluster");
paint();
draw();
new ResizeObserver(resize).observe(plate);
)js";

}  // namespace transst::detail
