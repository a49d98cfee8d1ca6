// The cost of a cluster: CPU time of the servers for a delivery, and of the broker for a message, over each wire, with
// Node's adapters in the same round. The load is a few WebSockets in this process; its own cost is not looked at.
// usage: node cluster.js [--rounds N] [--wires A,B] [--nodes 1,2,4] [--write PAGE] [part…], with CONFORMANCE_APP and
// NODE_PATH in the environment
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const { WebSocket } = require("ws");
const { median, readable } = require("./numbers");
const { startPostgres, startRedis } = require("../../../tests/brokers/support/brokers");
const { meet, startCosio, startNode } = require("../../../tests/brokers/support/cluster");

const text = "x".repeat(100);
const wires = {
  alone: { title: "no wire", most: 1 },
  classic: { title: "Redis", broker: startRedis, node: "classic" },
  sharded: { title: "Redis, sharded", broker: startRedis, node: "sharded-dynamic" },
  streams: { title: "Redis Streams", broker: startRedis, node: "streams" },
  postgres: { title: "PostgreSQL", broker: startPostgres, node: "postgres" },
};
const kinds = { cosio: "this server", node: "Node" };

// ---------------------------------------------------------------- accounts of the kernel

// A process and its children: PostgreSQL has one for each connection.
function family(pid) {
  const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  return [pid, ...children.flatMap((child) => family(Number(child)))];
}

/** CPU time so far, µs. */
function cpuOf(pid) {
  let sum = 0;
  for (const one of family(pid)) {
    for (const task of fs.readdirSync(`/proc/${one}/task`)) {
      sum += Number(fs.readFileSync(`/proc/${one}/task/${task}/schedstat`, "utf8").split(" ")[0]) / 1_000;
    }
  }
  return sum;
}

// ---------------------------------------------------------------- clients

/** A client of `nsp`: {say(event, ...args), ask(event, ...args), heard, until(n), close()}; `heard` counts events. */
function client(url, nsp = "/") {
  const socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
  const prefix = nsp === "/" ? "" : `${nsp},`;
  const one = { heard: 0, check: () => {}, asked: new Map(), ids: 0 };
  one.say = (...event) => socket.send(`42${prefix}${JSON.stringify(event)}`);
  one.ask = (...event) =>
    new Promise((resolve) => {
      const id = one.ids++;
      one.asked.set(id, resolve);
      socket.send(`42${prefix}${id}${JSON.stringify(event)}`);
    });
  one.until = (count) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${one.heard} of ${count} events came`)), 30_000);
      one.check = () => {
        if (one.heard < count) return;
        clearTimeout(late);
        one.check = () => {};
        resolve();
      };
      one.check();
    });
  one.close = () => new Promise((resolve) => (socket.once("close", resolve), socket.close()));
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.on("message", (data) => {
      const said = data.toString("latin1");
      if (said[0] === "0") socket.send(`40${prefix}`);
      else if (said === "2") socket.send("3");
      else if (said.startsWith("40")) resolve(one);
      else if (said.startsWith("43")) {
        const id = parseInt(said.slice(2 + prefix.length), 10);
        one.asked.get(id)?.();
        one.asked.delete(id);
      } else if (said.startsWith(`42${prefix}["bcast"`) || said.startsWith(`42${prefix}["room"`)) {
        ++one.heard;
        one.check();
      }
    });
  });
}

// ---------------------------------------------------------------- a cluster, and what is done to it

async function startServer(kind, wire, broker) {
  if (kind === "node") return startNode(broker ? wires[wire].node : "alone", broker ?? {});
  return startCosio(broker ? wire : undefined, broker, ["--threads", "1"]);
}

/** Starts `count` servers over a wire, and hands them to `work`; what it resolves to. */
async function cluster(kind, wire, count, work) {
  const broker = await wires[wire].broker?.();
  const servers = [];
  try {
    for (let i = 0; i < count; ++i) servers.push(await startServer(kind, wire, broker));
    if (broker) await meet(servers); // events that are sent before a server listens to the broker do not reach it
    return await work(servers, broker);
  } finally {
    await Promise.all(servers.map((one) => one.stop()));
    await broker?.stop();
  }
}

/** CPU time that `work` takes: of each server, and of the broker. */
async function account(servers, broker, work) {
  const read = () => [...servers.map(({ pid }) => cpuOf(pid)), broker ? cpuOf(broker.pid) : 0];
  const before = read();
  await work();
  const spent = read().map((value, i) => value - before[i]);
  return { servers: spent.slice(0, -1), broker: spent.at(-1) };
}

const sum = (list) => list.reduce((a, b) => a + b, 0);

/** Sends `count` messages with a few on their way at a time, and waits until each listener has heard all of them. */
async function send(sender, listeners, count, say, window = 8) {
  const goals = listeners.map((one) => one.heard);
  for (let sent = 0; sent < count; sent += window) {
    const now = Math.min(window, count - sent);
    for (let i = 0; i < now; ++i) say(sender);
    await Promise.all(listeners.map((one, i) => one.until(goals[i] + sent + now)));
  }
}

const parts = {
  // Everybody in the cluster gets each message.
  async broadcast(kind, wire, { nodes, clients = 50, messages = 400 }) {
    return cluster(kind, wire, nodes, async (servers, broker) => {
      const all = (await Promise.all(servers.map((one) => Promise.all(Array.from({ length: clients }, () => client(one.url)))))).flat();
      const say = (one) => one.say("bcast", text);
      await send(all[0], all, 50, say);
      const spent = await account(servers, broker, () => send(all[0], all, messages, say));
      await Promise.all(all.map((one) => one.close()));
      return { delivery: sum(spent.servers) / (messages * all.length), broker: spent.broker / messages };
    });
  },

  // Nobody on the other server is in the room.
  async unwanted(kind, wire, { messages = 2_000 }) {
    return cluster(kind, wire, 2, async (servers, broker) => {
      const [here, there] = await Promise.all(servers.map((one) => client(one.url)));
      await here.ask("join", "only here");
      await send(here, [here, there], 50, (one) => one.say("bcast", text)); // the servers know each other, and are warm
      const say = (one) => one.say("room", "only here", text);
      await send(here, [here], 200, say);
      const spent = await account(servers, broker, async () => {
        await send(here, [here], messages, say);
        await send(here, [here, there], 1, (one) => one.say("bcast", text)); // all before it has come by
      });
      await Promise.all([here, there].map((one) => one.close()));
      return { sender: spent.servers[0] / messages, other: spent.servers[1] / messages, broker: spent.broker / messages };
    });
  },

  // A server with many rooms: the cost of joining one, and of a message to one of them from another server.
  async rooms(kind, wire, { rooms = 2_000, messages = 1_000 }) {
    return cluster(kind, wire, 2, async (servers, broker) => {
      const [here, there] = await Promise.all(servers.map((one) => client(one.url)));
      await send(here, [here, there], 50, (one) => one.say("bcast", text));
      const joins = await account(servers, broker, async () => {
        for (let i = 0; i < rooms; i += 20) await Promise.all(Array.from({ length: 20 }, (_, j) => there.ask("join", `room ${i + j}`)));
      });
      let at = 0;
      const say = (one) => one.say("room", `room ${(at += 7) % rooms}`, text);
      await send(here, [there], 100, say);
      const spent = await account(servers, broker, () => send(here, [there], messages, say));
      await Promise.all([here, there].map((one) => one.close()));
      return { join: (joins.servers[1] + joins.broker) / rooms, message: sum(spent.servers) / messages, broker: spent.broker / messages };
    });
  },

  // Servers with many namespaces that have a client each, and nothing to do but to know of each other.
  async namespaces(kind, wire, { namespaces = 100, seconds = 6 }) {
    return cluster(kind, wire, 2, async (servers, broker) => {
      const all = [];
      const opened = await account(servers, broker, async () => {
        for (let i = 0; i < namespaces; ++i) all.push(...(await Promise.all(servers.map((one) => client(one.url, `/dynamic-${i}`)))));
      });
      const idle = await account(servers, broker, () => new Promise((resolve) => setTimeout(resolve, 1_000 * seconds)));
      await Promise.all(all.map((one) => one.close()));
      return { open: (sum(opened.servers) + opened.broker) / namespaces / 2, idle: sum(idle.servers) / 2 / seconds, broker: idle.broker / seconds };
    });
  },
};

// ---------------------------------------------------------------- what is printed

const markdown = (head, rows) => [head, head.map((_, at) => (at === 0 ? "---" : "--:")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

function spread(values) {
  const good = values.filter((value) => Number.isFinite(value));
  if (!good.length) return "–";
  return `${readable(median(good))} (${readable(Math.min(...good))}–${readable(Math.max(...good))})`;
}

/** Every shape in each round, one after the other; a failure is told and leaves a gap. */
async function rounds(wanted, shapes) {
  const found = shapes.map(() => []);
  for (let round = 0; round < wanted.rounds; ++round) {
    for (const [at, { part, kind, wire, how = {} }] of shapes.entries()) {
      try {
        found[at].push(await parts[part](kind, wire, how));
      } catch (failure) {
        console.error(`${part}, ${wires[wire].title}, ${kinds[kind]}: ${failure.message}`);
      }
    }
  }
  return found;
}

const cells = (results, names) => names.map((name) => spread(results.map((one) => one[name])));

async function broadcast(wanted) {
  const pairs = wanted.nodes.flatMap((nodes) => wanted.wires.filter((wire) => nodes <= (wires[wire].most ?? nodes)).map((wire) => ({ wire, nodes })));
  const shapes = pairs.flatMap(({ wire, nodes }) => Object.keys(kinds).map((kind) => ({ part: "broadcast", kind, wire, how: { nodes } })));
  const found = await rounds(wanted, shapes);
  const rows = pairs.map(({ wire, nodes }, at) => {
    const [ours, theirs] = [found[2 * at], found[2 * at + 1]];
    const quotient = median(ours.map((one, i) => (theirs[i]?.delivery ?? NaN) / one.delivery).filter(Number.isFinite));
    return [`${wires[wire].title}, ${nodes} server${nodes > 1 ? "s" : ""}`, ...cells(ours, ["delivery", "broker"]), ...cells(theirs, ["delivery", "broker"]), quotient ? readable(quotient) : "–"];
  });
  const head = ["a broadcast to 50 clients of each server", "µs a delivery", "broker, µs a message", "Node: µs a delivery", "broker, µs a message", "Node ÷ this"];
  return markdown(head, rows);
}

const oneTable = (part, title, names, titles) => async (wanted) => {
  const chosen = wanted.wires.filter((wire) => wires[wire].broker);
  const shapes = chosen.flatMap((wire) => Object.keys(kinds).map((kind) => ({ part, kind, wire })));
  const found = await rounds(wanted, shapes);
  const rows = shapes.map(({ wire, kind }, at) => [`${wires[wire].title}, ${kinds[kind]}`, ...cells(found[at], names)]);
  return markdown([title, ...titles], rows);
};

const tables = {
  broadcast,
  unwanted: oneTable("unwanted", "a message to a room without members on the other server", ["sender", "other", "broker"], ["the sender, µs", "the other server, µs", "broker, µs"]),
  rooms: oneTable("rooms", "2,000 rooms on one server, messages from another", ["join", "message", "broker"], ["a join with the broker, µs", "a message, both servers, µs", "broker, µs"]),
  namespaces: oneTable("namespaces", "100 namespaces with a client on each of two servers", ["open", "idle", "broker"], ["a namespace and its client, with the broker, µs", "an idle server, µs a second", "an idle broker, µs a second"]),
};

function read(words) {
  const wanted = { rounds: 3, wires: Object.keys(wires), nodes: [1, 2, 4], parts: [] };
  for (let at = 0; at < words.length; ++at) {
    if (words[at] === "--rounds") wanted.rounds = Number(words[++at]);
    else if (words[at] === "--wires") wanted.wires = words[++at].split(",");
    else if (words[at] === "--nodes") wanted.nodes = words[++at].split(",").map(Number);
    else if (words[at] === "--write") wanted.page = words[++at];
    else if (tables[words[at]]) wanted.parts.push(words[at]);
    else throw new Error(`'${words[at]}' is no word of cluster.sh: see --help`);
  }
  if (!wanted.parts.length) wanted.parts = Object.keys(tables);
  const unknown = wanted.wires.find((wire) => !wires[wire]);
  if (unknown) throw new Error(`no wire is called ${unknown}: see --help`);
  return wanted;
}

async function main(words) {
  const wanted = read(words);
  const load = os.loadavg()[0].toFixed(1);
  const found = [];
  for (const part of wanted.parts) {
    found.push(await tables[part](wanted));
    console.log(`${found.at(-1)}\n`);
  }
  const machine = `${os.cpus()[0].model}, ${os.cpus().length} processors, Linux ${os.release()}, Node.js ${process.version}`;
  const when = new Date().toISOString().slice(0, 10);
  found.push(`${when}: ${machine};\nmedians of ${wanted.rounds} rounds, with the lowest and the highest; load ${load} before it began.`);
  console.log(found.at(-1));
  if (wanted.page) write(wanted.page, found.join("\n\n"));
}

/** Puts the figures into a page, between <!-- figures --> and <!-- end of figures -->. */
function write(page, text) {
  const before = fs.readFileSync(page, "utf8");
  const place = /(<!-- figures -->\n)[^]*?(<!-- end of figures -->)/;
  if (!place.test(before)) throw new Error(`${page} has no place for the figures`);
  fs.writeFileSync(page, before.replace(place, (_, begin, end) => `${begin}\n${text}\n\n${end}`));
}

main(process.argv.slice(2)).catch((failure) => {
  console.error(failure.message);
  process.exitCode = 1;
});
