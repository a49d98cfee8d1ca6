// The groups of a crowd have as many connections and events as were asked for.
"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const { groups, broadcasts } = require("../../apps/bench/drive/soak/crowd");

const wanted = { connections: 19_000, rate: 8_000, seconds: 600 };
const word = (group, name) => Number(group.words[group.words.indexOf(name) + 1]);

test("the connections are all that were asked for, with the bystander's", () => {
  const each = (group) => group.clients * (group.name === "poll" ? 2 : 1);
  assert.equal(groups(wanted).reduce((sum, group) => sum + each(group), 1), wanted.connections);
  for (const group of groups(wanted)) assert.equal(word(group, "--clients"), group.clients);
});

test("the events of all groups together have the rate that was asked for", () => {
  const talking = groups(wanted).filter((group) => group.name !== "broadcast");
  assert.equal(Math.round(talking.reduce((sum, group) => sum + word(group, "--rate"), 0)), wanted.rate);
});

test("the last broadcast comes before the end", () => {
  for (const seconds of [1, 20, 600]) {
    const group = groups({ ...wanted, seconds }).find(({ name }) => name === "broadcast");
    assert.equal(word(group, "--count"), broadcasts(seconds));
    assert.ok((broadcasts(seconds) - 1) / word(group, "--rate") < seconds);
  }
});
