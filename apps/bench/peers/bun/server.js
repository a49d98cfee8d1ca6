// bun server.js PORT: socket.io on the engine that it has for Bun, with the behaviour of ../../node/events.js.
"use strict";
const { Server: Engine } = require("@socket.io/bun-engine");
const { Server } = require("socket.io");
const answer = require("../../node/events");

const io = new Server({ serveClient: false });
const engine = new Engine({ path: "/socket.io/" });
io.bind(engine);
answer(io);

const idleTimeout = 60; // seconds; more than the interval of pings
Bun.serve({ hostname: "127.0.0.1", port: Number(process.argv[2] || 3000), idleTimeout, ...engine.handler() });
console.log(`ready ${process.pid}`);
