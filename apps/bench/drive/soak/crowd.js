// As many connections as there may be, first silent, then with traffic of all kinds; and a bystander beside them, whose
// echoes are timed.
"use strict";
const { load, startLoad } = require("../programs");

// Scenarios of the load client, with their shares of connections and of events. The rest of the connections is the
// for the echoes.
const kinds = [
  { name: "echo", events: 0.54 },
  { name: "ack", connections: 0.2, events: 0.25 },
  { name: "room", connections: 0.1, events: 0.1 },
  { name: "poll", connections: 0.05, events: 0.1, each: 2 }, // a GET and a POST
  { name: "binary", connections: 0.01, events: 0.01 }, // 64 KiB each way
  { name: "broadcast", connections: 0.05 },
];
const membersOfRoom = 10;
const betweenBroadcasts = 10; // s
const bystanderRate = 100; // echoes a second
const visitors = { clients: 60, rate: 20 }; // who come and go: so many in a turn, so many a second
const ways = ["websocket", "polling", "upgrade"];
// The bystander does not wait for the other load clients, but they for it.
const meek = ["nice", "-n", "10"];

// The last one leaves its receivers as much time as there is between two.
const broadcasts = (seconds) => Math.max(1, Math.floor(seconds / betweenBroadcasts));

function wordsFor(kind, clients, { rate, seconds }) {
  const words = [kind.name, "--clients", String(clients), "--warmup", "0", "--timeout", "60", "--on-command"];
  if (kind.name === "broadcast") return [...words, "--rate", String(1 / betweenBroadcasts), "--count", String(broadcasts(seconds))];
  if (kind.name === "room") words.push("--rooms", String(Math.max(1, Math.round(clients / membersOfRoom))));
  return [...words, "--rate", String(kind.events * rate), "--seconds", String(seconds)];
}

/** [{name, clients, words}], which have so many connections together, with that of the bystander. */
function groups({ connections, ...traffic }) {
  const sized = kinds.map((kind) => ({ kind, clients: Math.max(1, Math.round(((kind.connections || 0) * connections) / (kind.each || 1))) }));
  const others = sized.slice(1).reduce((sum, { kind, clients }) => sum + clients * (kind.each || 1), 0);
  sized[0].clients = Math.max(1, connections - others - 1);
  return sized.map(({ kind, clients }) => ({ name: kind.name, clients, words: wordsFor(kind, clients, traffic) }));
}

const bystander = (server, seconds) => load(server, ["echo", "--clients", "1", "--rate", String(bystanderRate), "--seconds", String(seconds), "--timeout", "60"]);

/** Clients that come and go until `over`, by one transport after the other. Resolves to {come, polled}. */
async function visit(server, over, failed) {
  const seen = { come: 0, polled: 0 };
  for (let turn = 0; !over(); ++turn) {
    const way = ways[turn % ways.length];
    const words = ["connect", "--clients", String(visitors.clients), "--connect-rate", String(visitors.rate), "--transport", way];
    await load(server, words, { under: meek }).catch((failure) => failed("visitors", failure));
    seen.come += visitors.clients;
    if (way !== "websocket") seen.polled += visitors.clients;
  }
  return seen;
}

/**
 * Resolves to {idle, busy: what the bystander found; groups: {name: what it found}, come, resets, quietFrom, busyFrom,
 * errors: Map of text to number}.
 *
 * @param rate     events a second, of all groups together
 * @param idle     s in which nobody but the bystander says anything
 * @param seconds  s with traffic
 * @param told     is called with a sentence for each step
 */
async function gather({ server, connections, rate, idle, seconds, told }) {
  const errors = new Map();
  const failed = (who, failure) => {
    const says = `${who}: ${failure.message}`;
    errors.set(says, (errors.get(says) || 0) + 1);
  };
  const all = groups({ connections, rate, seconds });
  const running = all.map((group) => ({ ...group, load: startLoad(server, group.words, { under: meek, commanded: true }) }));
  const step = (says) => Promise.all(running.map((one) => one.load.said(says)));
  const go = () => running.forEach((one) => one.load.go());
  await step("ready");
  told(`${all.map((one) => `${one.clients.toLocaleString("en-US")} ${one.name}`).join(", ")}: all are in`);
  const quiet = await bystander(server, idle);
  told("traffic begins");
  const busyFrom = Date.now();
  const over = () => Date.now() >= busyFrom + seconds * 1000;
  go();
  const [busy, seen] = await Promise.all([bystander(server, seconds - 1), visit(server, over, failed), step("done").catch(() => {})]);
  told("everybody leaves");
  go();
  const found = {};
  for (const { name, clients, load: one } of running) {
    try {
      found[name] = await one.found;
    } catch (failure) {
      failed(name, failure);
      continue;
    }
    const missed = name === "broadcast" ? 0 : broadcasts(seconds) * clients - found[name].other_events;
    if (missed !== 0) errors.set(`${name}: broadcasts that were not heard`, missed);
  }
  const polling = all.find((one) => one.name === "poll").clients + seen.polled;
  return { idle: quiet, busy, groups: found, come: seen.come, resets: polling, busyFrom, errors };
}

module.exports = { gather, groups, broadcasts };
