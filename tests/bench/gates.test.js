// The gates let through what is as good as recorded, and stop what is not.
"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const { rounded, verdict } = require("../../apps/bench/drive/gates");

test("a figure up to a tenth above the recorded one passes, more does not", () => {
  assert.equal(verdict(110, 100, 200), "ok");
  assert.equal(verdict(110.1, 100, 200), "WORSE");
});

test("a figure that is not recorded does not pass", () => {
  assert.equal(verdict(1, undefined, 200), "not recorded");
});

test("a target that is not reached is told and passes", () => {
  assert.equal(verdict(100, 100, 50), "ok, target not reached");
  assert.equal(verdict(40, 100, 50), "ok, better than recorded");
});

test("figures are recorded to three digits, or whole", () => {
  assert.equal(rounded(0.18912), 0.189);
  assert.equal(rounded(570.6), 571);
  assert.equal(rounded(18256.4), 18256);
});
