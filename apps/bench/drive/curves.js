// The growth of figures as curves: one panel for each kind, sizes on a logarithmic scale (rounds on a linear one),
// figures from zero to a round number.
"use strict";
const { text, line, curve, picture } = require("./svg");

const [width, height, margin] = [420, 250, 56];

/** The first of 1, 2, 3, 4, 5, 6, 8, 10 times a power of ten that is not below the value. */
function roundAbove(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 3, 4, 5, 6, 8, 10].find((digit) => digit * power >= value * 0.999);
}

function panel({ title, unit, over, series, linear = false }, x0, y0) {
  const scale = linear ? (size) => size : Math.log;
  const points = series.flatMap((one) => one.points);
  const sizes = [...new Set(points.map(([size]) => size))].sort((a, b) => a - b);
  const [least, most] = [scale(sizes[0]), scale(sizes[sizes.length - 1])];
  const top = roundAbove(Math.max(...points.map(([, value]) => value), 1e-9));
  const [w, h] = [width - margin - 24, height - 110];
  const x = (size) => x0 + margin + (most === least ? w / 2 : ((scale(size) - least) / (most - least)) * w);
  const y = (value) => y0 + 60 + h - (value / top) * h;
  const parts = [text(x0 + 16, y0 + 24, title, { kind: "title" }), text(x0 + 16, y0 + 42, unit, { kind: "quiet" })];
  for (const share of [0, 0.5, 1]) {
    parts.push(line(x0 + margin, y(share * top), x0 + margin + w, y(share * top)));
    parts.push(text(x0 + margin - 6, y(share * top) + 4, Number((share * top).toPrecision(3)).toLocaleString("en-US"), { kind: "quiet", anchor: "end" }));
  }
  let free = Infinity; // labels that would touch the next one are left out, the last one never
  for (const size of [...sizes].reverse()) {
    if (free - x(size) < 34) continue;
    free = x(size);
    parts.push(text(x(size), y0 + h + 80, readableSize(size), { kind: "quiet", anchor: "middle" }));
  }
  parts.push(text(x0 + margin + w, y0 + 42, `→ ${over}${linear ? "" : ", logarithmic"}`, { kind: "quiet", anchor: "end" }));
  let legend = x0 + margin;
  series.forEach((one, at) => {
    parts.push(curve(one.points.map(([size, value]) => [x(size), y(value)]), at + 1));
    if (series.length < 2) return;
    parts.push(curve([[legend, y0 + h + 96]], at + 1), text(legend + 8, y0 + h + 100, one.name, { kind: "quiet" }));
    legend += 28 + 6.8 * one.name.length;
  });
  return parts;
}

/** 15000 -> 15k */
function readableSize(size) {
  if (size >= 1e6) return `${size / 1e6}M`;
  return size >= 1000 ? `${size / 1000}k` : String(size);
}

/** panels: [{title, unit, over, linear, series: [{name, points: [[size, figure], …]}]}] */
function curves(says, panels) {
  const columns = 2;
  const parts = panels.flatMap((one, at) => panel(one, (at % columns) * width, Math.floor(at / columns) * height));
  return picture(columns * width, Math.ceil(panels.length / columns) * height, says, parts);
}

module.exports = { curves, readableSize };
