// Every feature of a cluster, over one wire, from each kind of server to each: COSIO_WIRE names the wire.
//
// The outcome is written to the build folder; table.js makes the table of docs/cluster.md of it. COSIO_MATRIX=reference
// takes servers of Node alone: so the test itself is tried.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { after, before, describe, test } = require("node:test");
const { open } = require("../interop/support/clients");
const { emitters } = require("./support/adapters");
const { meet, startCosio, startNode, stopServers } = require("./support/cluster");
const { features } = require("./support/features");
const { wireOf } = require("./support/wires");

const name = process.env.COSIO_WIRE ?? "classic";
const wire = wireOf(name);
const alone = process.env.COSIO_MATRIX === "reference";

// The kind of server that acts, and the kind whose client is looked at.
const directions = alone ? [["node", "node"]] : [["cosio", "node"], ["node", "cosio"], ["cosio", "cosio"]];
const cluster = { servers: [], outcome: {} };

before(async () => {
  cluster.broker = await wire.broker();
  const kinds = alone ? ["node", "node"] : ["cosio", "cosio", "node"];
  const start = { cosio: () => startCosio(wire.cosio, cluster.broker), node: () => startNode(wire.node, cluster.broker) };
  const started = await Promise.allSettled(kinds.map((kind) => start[kind]()));
  cluster.servers = started.filter(({ value }) => value).map(({ value }) => value);
  const failed = started.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
  if (wire.emitter) cluster.emitter = await emitters[wire.emitter](cluster.broker);
  await meet(cluster.servers);
});

after(async () => {
  record();
  await cluster.emitter?.close();
  await stopServers(cluster.servers);
  await cluster.broker?.stop();
});

/** The first server of a kind sends, the last receives: two different ones. */
function pair(from, to) {
  const of = (kind) => cluster.servers.filter((one) => one.kind === kind);
  return [of(from)[0], of(to).at(-1)];
}

// A direction that was not reached has failed.
function record() {
  const folder = path.join(process.env.COSIO_TEST_FOLDER ?? ".", "matrix");
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(cluster.outcome, null, 2)}\n`);
}

/** Why a feature is not tried in this direction: undefined when it is. */
function excluded(feature, from, to) {
  const meets = (one) => one.wires.includes(name) && (one.from ?? from) === from && (one.to ?? to) === to;
  return feature.not?.find(meets)?.why;
}

function cell(feature, from, to) {
  const direction = `${from}→${to}`;
  const why = excluded(feature, from, to);
  const outcomes = (cluster.outcome[feature.name] ??= {});
  outcomes[direction] = why ?? "fails";
  if (why) return;
  test(`${feature.name}: ${direction}`, async (t) => {
    const [sender, receiver] = pair(from === "emitter" ? directions[0][0] : from, to);
    const opened = (which, nsp = "/control") => open(t, which === "s" ? sender : receiver, nsp);
    const [s, r] = await Promise.all([opened("s"), opened("r")]);
    const others = cluster.servers.length - 1;
    await feature.run({ s, r, kind: from, wire: name, open: opened, emitter: cluster.emitter?.emitter, others });
    outcomes[direction] = "works";
  });
}

describe(`over ${wire.title}`, () => {
  for (const feature of features) {
    if (feature.from) {
      if (wire[feature.from]) cell(feature, feature.from, alone ? "node" : "cosio");
      continue;
    }
    for (const [from, to] of directions) cell(feature, from, to);
  }
});
