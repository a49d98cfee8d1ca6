// Clients of the reference implementation that behave like people: they come by any transport and with either protocol,
// talk, and leave, with or without a goodbye. They check each answer.
"use strict";
const crypto = require("node:crypto");
const path = require("node:path");
const { root } = require("../programs");

const installed = (name) => require(path.join(root, "apps/bench/node/node_modules", name));
const generations = { "2.x": installed("socket.io-client-2"), "4.x": installed("socket.io-client") };
const transports = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };
const patience = 30_000; // ms for any answer: a server under a sanitizer is slow
const rooms = 50;

const chance = (share) => Math.random() < share;
const pick = (all) => all[Math.floor(Math.random() * all.length)];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const around = (ms) => -Math.log(1 - Math.random()) * ms;

/** Resolves to what the event brings; rejects when the connection ends first, or nothing comes. */
function answer(socket, event, wanted = () => true) {
  return new Promise((resolve, reject) => {
    const done = (settle, value) => {
      clearTimeout(timer);
      socket.off(event, came);
      socket.off("disconnect", ended);
      settle(value);
    };
    const came = (value) => wanted(value) && done(resolve, value);
    const ended = (reason) => done(reject, new Error(`'${reason}' while '${event}' was waited for`));
    const timer = setTimeout(() => done(reject, new Error(`no '${event}' in ${patience} ms`)), patience);
    socket.on(event, came);
    socket.on("disconnect", ended);
  });
}

function connected(socket) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no connection in ${patience} ms`)), patience);
    const settle = (how) => (value) => {
      clearTimeout(timer);
      how(value);
    };
    socket.once("connect", settle(resolve));
    socket.once("connect_error", settle(reject));
    socket.connect();
  });
}

/** The socket of node's under a connection, which an impolite client resets. */
function reset(socket) {
  const { transport } = socket.io.engine;
  const wire = transport.ws?._socket;
  if (wire) wire.resetAndDestroy();
  else transport.pollXhr?.abort?.();
  socket.disconnect();
}

function acknowledged(socket, event, argument) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no acknowledgement of '${event}' in ${patience} ms`)), patience);
    socket.emit(event, argument, (value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

const acts = {
  async echo(socket) {
    const text = crypto.randomBytes(Math.ceil(around(60))).toString("base64");
    const back = answer(socket, "echo", (got) => got === text);
    socket.emit("echo", text);
    await back;
  },
  async ack(socket) {
    const text = crypto.randomUUID();
    const got = await acknowledged(socket, "ack", text);
    if (got !== text) throw new Error(`acknowledged with ${JSON.stringify(got)} instead of ${text}`);
  },
  async bin(socket) {
    const bytes = crypto.randomBytes(Math.ceil(around(2_000)));
    const back = answer(socket, "bin", (got) => bytes.equals(Buffer.from(got)));
    socket.emit("bin", bytes);
    await back;
  },
  async room(socket) {
    const room = `room ${Math.floor(Math.random() * rooms)}`;
    const text = crypto.randomUUID();
    socket.emit("join", room);
    await acknowledged(socket, "ack", text); // so the server has read what came before
    const back = answer(socket, "room", (got) => got === text);
    socket.emit("room", room, text);
    await back;
  },
  async bcast(socket) {
    const text = crypto.randomUUID();
    const back = answer(socket, "bcast", (got) => got === text);
    socket.emit("bcast", text);
    await back;
  },
};
// A broadcast costs as much as there are clients.
const usual = ["echo", "echo", "echo", "echo", "ack", "ack", "ack", "bin", "bin", "room", "room"];

/**
 * So many people in `url` for as long as `until` has not come. Resolves to {visits, acts, resets, errors: Map of text to number}.
 *
 * @param pause  ms between two acts of one person, on average
 * @param stay   acts in one visit, on average
 */
async function populate({ url, people, pause, stay, until }) {
  const report = { visits: 0, acts: 0, resets: 0, kinds: {}, errors: new Map() };
  const over = () => Date.now() >= until();
  const failed = (kind, failure) => {
    const says = `${kind}: ${failure.message}`;
    report.errors.set(says, (report.errors.get(says) || 0) + 1);
  };

  async function visit() {
    const generation = pick(Object.keys(generations));
    const way = pick(Object.keys(transports));
    const kind = `${generation} ${way}`;
    const socket = generations[generation](url, { transports: transports[way], forceNew: true, reconnection: false, autoConnect: false, timeout: patience });
    try {
      await connected(socket);
      report.visits += 1;
      report.kinds[kind] = (report.kinds[kind] || 0) + 1;
      while (!over() && !chance(1 / stay)) {
        await sleep(around(pause));
        await acts[chance(0.005) ? "bcast" : pick(usual)](socket);
        report.acts += 1;
      }
    } catch (failure) {
      failed(kind, failure);
    }
    if (chance(0.3) && !over()) {
      report.resets += 1;
      reset(socket);
    } else {
      socket.disconnect();
    }
  }

  async function life() {
    await sleep(Math.random() * pause * 2);
    while (!over()) {
      await visit();
      await sleep(around(pause));
    }
  }

  await Promise.all(Array.from({ length: people }, life));
  return report;
}

module.exports = { populate, installed };
