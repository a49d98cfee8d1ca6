// The reference clients of four generations behind one face, so that one test speaks for all of them.
//
//   2.x      Engine.IO 3, Socket.IO 4: no auth but the namespace's query, errors as the server gave them
//   3.x      Engine.IO 4, Socket.IO 5
//   4.0      the first of 4.x
//   4.8      today's
"use strict";
const assert = require("node:assert/strict");
const { ways, websocket } = require("./clients");
const { next, within } = require("./wait");

const generations = [
  { name: "2.5", io: require("socket.io-client-2"), revision: 3 },
  { name: "3.1", io: require("socket.io-client-3").io, revision: 4 },
  { name: "4.0", io: require("socket.io-client-4.0").io, revision: 4 },
  { name: "4.8", io: require("socket.io-client").io, revision: 4 },
];

/** Every client on every way through the transports: [generation, way]. */
const everyClient = generations.flatMap((generation) => ways.map((way) => [generation, way]));

/** A socket that is not connected yet. The test `t` closes it. */
function prepare(t, generation, url, options = {}) {
  const socket = generation.io(url, {
    forceNew: true,
    reconnection: false,
    autoConnect: false,
    ...websocket.options,
    ...options,
  });
  t.after(() => socket.io.engine?.close());
  t.after(() => socket.disconnect());
  return socket;
}

/** Resolves when the socket is connected; rejects with {message, data} when the server refuses, whatever the generation. */
function connected(socket, generation) {
  const outcome = new Promise((resolve, reject) => {
    if (socket.connected) return resolve(socket);
    socket.once("connect", () => resolve(socket));
    socket.once("connect_error", reject);
    if (generation.revision === 3) socket.once("error", (told) => reject({ told }));
  });
  socket.connect();
  return within(outcome, `the connection of ${generation.name} to ${socket.nsp}`);
}

/** Resolves when the connection has arrived at its last transport. */
async function settled(socket, way) {
  const { engine } = socket.io;
  if (engine.transport.name !== way.final) await next(engine, "upgrade");
  assert.equal(engine.transport.name, way.final);
  return socket;
}

/** A connected socket of `nsp`, at the last transport of `way`. */
async function open(t, generation, way, app, nsp = "/", options = {}) {
  const socket = prepare(t, generation, app.url + nsp, { ...way.options, ...options });
  return settled(await connected(socket, generation), way);
}

/** The arguments of the acknowledgement. */
const ask = (socket, ...args) =>
  within(new Promise((resolve) => socket.emit(...args, (...answer) => resolve(answer))), `the answer to ${args[0]}`);

/** Connects, but lets the client try to upgrade only when the function that this returns is called. */
async function connectedBeforeUpgrade(socket, generation) {
  const joined = connected(socket, generation);
  const { engine } = socket.io;
  const method = engine._probe ? "_probe" : "probe";
  const probe = engine[method];
  const asked = new Promise((resolve) => {
    engine[method] = (name) => resolve(() => probe.call(engine, name));
  });
  await joined;
  return within(asked, "the client's wish to upgrade");
}

module.exports = { generations, everyClient, prepare, connected, settled, open, ask, connectedBeforeUpgrade };
