// The plan of a comparison: servers, scenarios, and the order of measurements, from the words of the command line.
"use strict";
const path = require("node:path");
const { parseArgs } = require("node:util");
const { servers, peers, scenarios, fullScenarios, compared } = require("./contenders");
const { root } = require("./programs");

const flags = {
  full: { type: "boolean", default: false },
  reps: { type: "string" },
  seconds: { type: "string" },
  servers: { type: "string" },
  peers: { type: "string" },
  "prepare-peers": { type: "boolean", default: false },
  scenarios: { type: "string" },
  tls: { type: "boolean", default: false },
  add: { type: "string", multiple: true, default: [] },
  "no-calls": { type: "boolean", default: false },
  out: { type: "string", default: path.join(root, "build/bench") },
};

/** The options. --peers without names means all of them. */
function readWords(words) {
  const isAlone = (at) => words[at] === "--peers" && (words[at + 1] === undefined || words[at + 1].startsWith("--"));
  const args = words.map((word, at) => (isAlone(at) ? `--peers=${Object.keys(peers)}` : word));
  return parseArgs({ args, options: flags }).values;
}

function addedServer(words) {
  const at = words.indexOf("=");
  if (at < 1) throw new Error(`--add NAME='command {port}', not '${words}'`);
  const title = words.slice(0, at);
  return [title, { title, colour: 4, command: words.slice(at + 1).split(" "), pinned: true, other: true }];
}

function pick(all, list, otherwise) {
  const names = list ? list.split(",") : otherwise;
  for (const name of names) if (!all[name]) throw new Error(`there is no '${name}': ${Object.keys(all).join(", ")}`);
  return names;
}

/**
 * who, works               all servers and scenarios that there are
 * serverNames, workNames   those to measure
 * withCalls                whether system calls are counted
 */
function plan(wanted) {
  const works = wanted.full ? { ...scenarios, ...fullScenarios } : scenarios;
  const added = Object.fromEntries(wanted.add.map(addedServer));
  const own = Object.keys(servers).filter((name) => wanted.full || !/^cosio-\d/.test(name));
  const who = { ...servers, ...peers, ...added };
  const chosen = wanted.peers ? pick(peers, wanted.peers) : [];
  const encrypted = (name) => !wanted.tls || works[name].tls;
  const speaks = (name) => !wanted.tls || who[name].tls;
  const usual = (wanted.peers && !wanted.full ? compared : Object.keys(works)).filter(encrypted);
  const serverNames = pick(who, wanted.servers, [...own, ...chosen, ...Object.keys(added)].filter(speaks));
  const workNames = pick(works, wanted.scenarios, usual);
  const withCalls = !wanted["no-calls"] && (!wanted.peers || wanted.full);
  return { who, works, serverNames, workNames, withCalls };
}

/** Each server after the other, and all of them once more: so a drift of the machine's speed affects all of them. */
function steps({ who, works, serverNames, workNames, withCalls }, reps) {
  const meets = (server, work) =>
    (!works[work].tls || who[server].tls) && (!who[server].only || who[server].only.includes(work)) && !works[work].without?.includes(server);
  const pairs = workNames.flatMap((work) => serverNames.filter((server) => meets(server, work)).map((server) => ({ server, work })));
  const timed = Array.from({ length: reps }, (_, rep) => pairs.map((pair) => ({ ...pair, rep }))).flat();
  const counted = withCalls ? pairs.filter(({ work }) => works[work].calls).map((pair) => ({ ...pair, calls: true })) : [];
  return [...timed, ...counted];
}

module.exports = { readWords, plan, steps };
