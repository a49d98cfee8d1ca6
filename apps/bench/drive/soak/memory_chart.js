// Memory and sessions over time, each on a scale of its own.
"use strict";
const { text, line, picture } = require("../svg");

const [width, height, margin] = [840, 150, 56];

const polyline = (points, colour) => `<polyline points="${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")}" class="c${colour} curve"/>`;

/** A round step for at most so many of them, and the first multiple of it that is not below the value. */
function ticks(value, most) {
  const power = 10 ** Math.floor(Math.log10(value / most));
  const step = [1, 2, 3, 5, 10].map((digit) => digit * power).find((one) => value / one <= most);
  return [step, Math.ceil(value / step) * step];
}

function strip(samples, { title, of, colour }, y0) {
  const last = samples.at(-1).at || 1;
  const [w, h] = [width - margin - 24, height - 60];
  const [step, top] = ticks(Math.max(...samples.map(of), 1e-9), 3);
  const [minutes] = ticks(last / 60, 4);
  const x = (at) => margin + (at / last) * w;
  const y = (value) => y0 + 36 + h - (value / top) * h;
  const parts = [text(16, y0 + 22, title, { kind: "title" })];
  for (let value = 0; value <= top * 1.001; value += step) {
    parts.push(line(margin, y(value), margin + w, y(value)));
    parts.push(text(margin - 6, y(value) + 4, String(Number(value.toPrecision(3))), { kind: "quiet", anchor: "end" }));
  }
  for (let at = 0; at * 60 <= last; at += minutes) {
    parts.push(text(x(at * 60), y0 + h + 54, `${Number(at.toPrecision(3))} min`, { kind: "quiet", anchor: "middle" }));
  }
  parts.push(polyline(samples.map((one) => [x(one.at), y(of(one))]), colour));
  return parts;
}

/**
 * samples: [{at (s), heap, rss (bytes), sessions}]
 * checker: what adds to the resident memory, such as AddressSanitizer; none in a plain build
 */
function memoryChart(name, samples, checker) {
  const added = checker ? `, most of it ${checker}'s` : "";
  const strips = [
    { title: "Heap in use, MiB", of: (one) => one.heap / 1_048_576, colour: 1 },
    { title: `Resident memory, MiB${added}`, of: (one) => one.rss / 1_048_576, colour: 2 },
    { title: "Sessions", of: (one) => Math.max(0, one.sessions), colour: 3 },
  ];
  return picture(width, strips.length * height + 8, `Memory and sessions over time: ${name}`, strips.flatMap((one, at) => strip(samples, one, at * height)));
}

module.exports = { memoryChart };
