// A server of Node with the commands of the conformance app's /control: so a test drives both in the same way.
// usage: node node_server.js ADAPTER BROKER [RECOVERY MILLISECONDS]     BROKER is JSON
//
// Differs from the conformance app in one thing: a text "Date:…" among the arguments of `emit` becomes a Date.
"use strict";
const http = require("node:http");
const { Server } = require("socket.io");
const { adapters } = require("./adapters");

const dated = (value) => (typeof value === "string" && value.startsWith("Date:") ? new Date(value.slice(5)) : value);

function chain(io, socket, what) {
  const nsp = io.of(what.nsp ?? "/control");
  let to = what.from === "namespace" ? nsp : socket;
  if (what.to) to = to.to(what.to);
  if (what.in) to = to.in(what.in);
  if (what.except) to = to.except(what.except);
  if (what.volatile_) to = to.volatile;
  if (what.local) to = to.local;
  if (what.compress !== undefined) to = to.compress(what.compress);
  if (what.timeout) to = to.timeout(what.timeout);
  return to;
}

const chosen = (io, { nsp = "/control", rooms } = {}) => (rooms ? io.of(nsp).in(rooms) : io.of(nsp));

async function outcome(asking) {
  try {
    return { error: null, responses: await asking };
  } catch (failure) {
    return { error: failure.message, responses: failure.responses ?? [] };
  }
}

const commands = {
  emit: (io, socket, what) => (chain(io, socket, what).emit(what.event, ...(what.args ?? []).map(dated)), true),
  "emit-ack": (io, socket, what) => outcome(chain(io, socket, what).emitWithAck(what.event, ...(what.args ?? []))),
  join: async (io, socket, rooms) => (await socket.join(rooms), [...socket.rooms].sort()),
  leave: async (io, socket, rooms) => (await Promise.all([rooms].flat().map((room) => socket.leave(room))), [...socket.rooms].sort()),
  rooms: (io, socket) => [...socket.rooms].sort(),
  "set-data": (io, socket, data) => ((socket.data = data), true),
  clients: async (io, socket, which) => (await chosen(io, which).fetchSockets()).map(({ id }) => id).sort(),
  sockets: async (io, socket, which) =>
    (await chosen(io, which).fetchSockets()).map(({ id, rooms, data, handshake }) => ({ id, rooms: [...rooms].sort(), data, handshake })),
  "sockets-join": (io, socket, order) => (chosen(io, order).socketsJoin(order.room), true),
  "sockets-leave": (io, socket, order) => (chosen(io, order).socketsLeave(order.room), true),
  "disconnect-sockets": (io, socket, order) => (chosen(io, order).disconnectSockets(order.close), true),
  "server-side-emit": (io, socket, { nsp = "/", event, args = [], ack }) =>
    ack ? outcome(io.of(nsp).serverSideEmitWithAck(event, ...args)) : (io.of(nsp).serverSideEmit(event, ...args), true),
};

function answer(io) {
  io.of(/^\/dynamic-\d+$/); // for apps/bench/cluster.sh, as are bcast, room and join below
  io.of("/control").on("connection", (socket) => {
    for (const [name, command] of Object.entries(commands)) {
      socket.on(name, async (...args) => {
        const done = args.pop();
        try {
          done(null, await command(io, socket, ...args));
        } catch (failure) {
          done({ message: failure.message });
        }
      });
    }
  });
  io.on("connection", (socket) => {
    socket.on("bcast", (x) => io.emit("bcast", x));
    socket.on("room", (room, x) => io.to(room).emit("room", x));
    socket.on("join", async (room, done) => (await socket.join(room), done()));
  });
  io.on("hello", (...args) => {
    const done = typeof args.at(-1) === "function" ? args.pop() : undefined;
    io.local.emit("server-side", ...args);
    done?.(args);
  });
}

/** {io, url, close()} */
async function serve(adapter, broker, { recovery } = {}) {
  const { factory, close } = await adapters[adapter](broker);
  const web = http.createServer();
  const recovering = recovery ? { connectionStateRecovery: { maxDisconnectionDuration: recovery } } : {};
  const io = new Server(web, { serveClient: false, adapter: factory, ...recovering });
  answer(io);
  await new Promise((resolve) => web.listen(0, "127.0.0.1", resolve));
  const end = async () => {
    const closed = new Promise((resolve) => io.close(resolve));
    web.closeAllConnections(); // those that clients keep for their next request
    await closed;
    await close();
  };
  return { io, url: `http://127.0.0.1:${web.address().port}`, close: end };
}

// A broker that is away makes the adapters' promises fail, and nobody awaits them; that for PostgreSQL also emits
// errors that nobody listens to. A server of Node ends with that, unless it has these two lines.
process.on("unhandledRejection", (failure) => console.error(failure.message));
process.on("uncaughtException", (failure) => console.error(failure.message));

async function main([adapter, broker, recovery]) {
  const server = await serve(adapter, JSON.parse(broker), { recovery: Number(recovery ?? 0) });
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => server.close().then(() => process.exit(0)));
  console.log(`listening on ${server.url}`);
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((failure) => {
    console.error(failure);
    process.exit(1);
  });
}

module.exports = { serve };
