// Medians, and numbers as people read them.
"use strict";

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return undefined;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Three digits, or all of those before the point. */
function readable(value) {
  if (value === undefined || Number.isNaN(value)) return "–";
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en-US", { minimumFractionDigits: Math.min(digits, 3), maximumFractionDigits: Math.min(digits, 3) });
}

/** The median, and behind it the lowest and the highest when there are several. */
function spread(values) {
  if (values.length < 2) return readable(values[0]);
  return `${readable(median(values))} (${readable(Math.min(...values))}–${readable(Math.max(...values))})`;
}

module.exports = { median, readable, spread };
