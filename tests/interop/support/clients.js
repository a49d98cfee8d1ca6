// Clients of the reference implementation, on every way through the transports.
"use strict";
const assert = require("node:assert/strict");
const { io, Manager } = require("socket.io-client");
const parser = require("socket.io-parser");
const { next, within } = require("./wait");

/** Every test that depends on the transport runs once for each of these. */
const ways = [
  { name: "polling", options: { transports: ["polling"] }, final: "polling" },
  { name: "websocket", options: { transports: ["websocket"] }, final: "websocket" },
  { name: "polling, then websocket", options: { transports: ["polling", "websocket"] }, final: "websocket" },
];
const [polling, websocket, upgrading] = ways;

// The reference client gives up beyond 10 attachments; this server takes 64.
class Decoder extends parser.Decoder {
  constructor() {
    super({ maxAttachments: 64 });
  }
}

/** A socket that is not connected yet. The test `t` closes it. */
function prepare(t, url, options = {}) {
  const socket = io(url, {
    forceNew: true,
    reconnection: false,
    autoConnect: false,
    parser: { ...parser, Decoder },
    ...websocket.options,
    ...options,
  });
  t.after(() => socket.disconnect());
  return socket;
}

/** Resolves when the socket is connected; rejects with the server's refusal. */
function connected(socket) {
  const outcome = new Promise((resolve, reject) => {
    if (socket.connected) return resolve(socket);
    socket.once("connect", () => resolve(socket));
    socket.once("connect_error", reject);
  });
  socket.connect();
  return within(outcome, `the connection to ${socket.nsp}`);
}

/** Resolves when the connection has arrived at its last transport. */
async function settled(socket, way) {
  const engine = socket.io.engine;
  if (engine.transport.name !== way.final) await next(engine, "upgrade");
  assert.equal(engine.transport.name, way.final);
  return socket;
}

/** A connected socket of namespace `nsp`, at the last transport of `way`. */
async function open(t, app, nsp = "/", way = websocket, options = {}) {
  const socket = await connected(prepare(t, app.url + nsp, { ...way.options, ...options }));
  return settled(socket, way);
}

/** Resolves when everything that the server sent to this socket of `/` before is here. */
function fence(socket) {
  return within(socket.emitWithAck("ack"), "the fence");
}

module.exports = { ways, polling, websocket, upgrading, prepare, connected, settled, open, fence, Manager };
