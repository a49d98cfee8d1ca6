// The dashboard app as a child process, and clients and pages of it.
"use strict";
const assert = require("node:assert/strict");
const path = require("node:path");
const { after, before } = require("node:test");
const { io } = require("socket.io-client");
const { end, start } = require("../../interop/support/conformance");
const { next, within } = require("../../interop/support/wait");

// Of the password "changeit".
const hash = "$2b$10$heqvAkYMez.Va6Et2uXInOnkCT6/uQj1brkrbyG3LpopDklcq7ZOS";

/** The folder of the built page of @socket.io/admin-ui. */
function officialPage() {
  return path.join(path.dirname(require.resolve("@socket.io/admin-ui/package.json")), "ui", "dist");
}

/** An app that lives as long as the tests of this file or suite; it must end well when they are done. */
function dashboard(settings = {}) {
  const app = {};
  before(async () => {
    const program = process.env.DASHBOARD_APP;
    if (!program) throw new Error("DASHBOARD_APP must be the path of the dashboard app");
    const known = ["ADMIN_PASSWORD_HASH", "ADMIN_MODE", "ADMIN_READONLY", "ADMIN_SWITCH"];
    for (const name of known) delete process.env[name];
    Object.assign(process.env, { PORT: "0", ADMIN_UI: officialPage() }, settings);
    app.run = start(program, []);
    app.url = await app.run.listening;
  });
  after(async () => {
    if (!app.run) return;
    const { code, signal } = await end(app.run);
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, app.run.stderr);
  });
  return app;
}

/** A client that has connected. */
async function client(t, app, nsp = "/", options = {}) {
  const socket = io(app.url + nsp, { forceNew: true, transports: ["websocket"], reconnection: false, ...options });
  t.after(() => socket.close());
  await next(socket, "connect");
  return socket;
}

/** Everything that a page is told from now on: `.all`, and `await .until(name, accept)` for an event of then or later. */
function watch(socket) {
  const all = [];
  const waiting = new Set();
  socket.onAny((...event) => {
    all.push(event);
    for (const check of waiting) check();
  });
  const until = (name, accept = () => true) =>
    within(
      new Promise((resolve) => {
        const check = () => {
          const found = all.find(([one, ...args]) => one === name && accept(...args));
          if (!found) return;
          waiting.delete(check);
          resolve(found.slice(1));
        };
        waiting.add(check);
        check();
      }),
      `"${name}"`,
    );
  return { all, until };
}

module.exports = { client, dashboard, hash, officialPage, watch };
