// The conformance app as a program: its flags, its plain HTTP, its files, and how it ends.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs/promises");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");
const vm = require("node:vm");
const { calm, conformance, end, launch } = require("./support/conformance");
const { connected, open, prepare, settled, ways, websocket } = require("./support/clients");
const { control } = require("./support/control");
const { request, webSocket } = require("./support/raw");
const { next } = require("./support/wait");

const app = conformance("--threads", "3");

// Instrumented builds look for leaks before they end: the build says how much slower that is.
const slowness = Number(process.env.COSIO_TEST_SLOWNESS ?? 1);

test("the line that tells the address is the only output, and stderr stays empty of usage", async () => {
  assert.equal(app.run.stdout, `listening on ${app.url}\n`);
  assert.match(app.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
});

test("wrong flags are answered with the usage and status 2", async (t) => {
  const rows = [
    ["--unknown"],
    ["--unknown", "1"],
    ["--port"],
    ["--port", "many"],
    ["--port", ""],
    ["--port", "80x"],
    ["--port", "1.5"],
    ["--ping-interval", "soon"],
    ["--max-payload", "-"],
    ["--threads", "two"],
    ["--host"],
    ["stray"],
    ["--port", "0", "stray"],
    ["-p", "0"],
    ["--port", "0", "--connect-timeout"],
    ["--"],
  ];
  for (const flags of rows) {
    await t.test(flags.join(" "), async () => {
      const run = launch(...flags);
      const { code } = await run.exited;
      assert.equal(code, 2);
      assert.match(run.stderr, /usage/i);
      assert.equal(run.stdout, "");
    });
  }
});

test("a port in use ends the app with a message", async () => {
  const run = launch("--port", new URL(app.url).port);
  const { code, signal } = await run.exited;
  assert.notEqual(code, 0);
  assert.equal(signal, null);
  assert.notEqual(run.stderr, "");
  assert.equal(run.stdout, "");
});

test("a certificate that cannot be read ends the app with a message", async () => {
  const run = launch("--port", "0", "--cert", "/nonexistent/cert.pem", "--key", "/nonexistent/key.pem");
  const { code, signal } = await run.exited;
  assert.notEqual(code, 0);
  assert.equal(signal, null);
  assert.notEqual(run.stderr, "");
});

test("the last of a repeated flag wins", async () => {
  const run = launch("--port", new URL(app.url).port, "--host", "127.0.0.2", "--port", "0", "--host", "127.0.0.1");
  assert.match(await run.listening, /^http:\/\/127\.0\.0\.1:/);
  assert.equal((await end(run)).code, 0);
});

// edge 116
test("flags reach the handshake and the limits", async (t) => {
  const run = launch(
    "--port",
    "0",
    "--ping-interval",
    "12345",
    "--ping-timeout",
    "6789",
    "--max-payload",
    "1000",
    "--threads",
    "2",
  );
  const url = await run.listening;
  t.after(async () => assert.equal((await end(run)).code, 0));
  const { pingInterval, pingTimeout, maxPayload } = JSON.parse((await request(url)).text.slice(1));
  assert.deepEqual(
    { pingInterval, pingTimeout, maxPayload },
    { pingInterval: 12345, pingTimeout: 6789, maxPayload: 1000 },
  );
  const socket = webSocket(t, url);
  await socket.next();
  socket.send("4" + "x".repeat(1_000));
  assert.equal(await socket.closed(), 1009);
  assert.equal((await control(await open(t, { url }, "/control", websocket), "stats")).threads, 2);
});

test("--threads says how many threads serve", async (t) => {
  assert.equal((await control(await open(t, app, "/control", websocket), "stats")).threads, 3);
});

// edge 282
test("/healthz is fine, other paths are not found", async () => {
  const health = await fetch(`${app.url}/healthz`);
  assert.equal(health.status, 200);
  assert.equal((await health.text()).trim(), "ok");
  for (const other of ["/", "/nope", "/healthz/x", "/socket.iox/", "/..%2fetc/passwd"]) {
    assert.equal((await fetch(app.url + other)).status, 404, other);
  }
});

// edge 274, 275, 277
test("the browser bundles are served, complete and with validators", async (t) => {
  for (const name of ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"]) {
    await t.test(name, async () => {
      const url = `${app.url}/socket.io/${name}`;
      const answer = await fetch(url);
      const text = await answer.text();
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get("content-type"), /^application\/javascript/);
      assert.ok(text.includes("Socket.IO v4.8."), text.slice(0, 100));
      const etag = answer.headers.get("etag");
      assert.match(etag, /^(W\/)?".+"$/);
      const same = await fetch(url, { headers: { "if-none-match": etag } });
      assert.deepEqual([same.status, await same.text()], [304, ""]);
      const head = await fetch(url, { method: "HEAD" });
      assert.deepEqual([head.status, await head.text()], [200, ""]);
      const map = await fetch(`${url}.map`);
      assert.equal(map.status, 200);
      assert.match(map.headers.get("content-type"), /^application\/json/);
      assert.equal((await map.json()).version, 3);
    });
  }
  await t.test("socket.io.js defines io()", async () => {
    const scope = { self: {} };
    vm.runInNewContext(await (await fetch(`${app.url}/socket.io/socket.io.js`)).text(), scope);
    assert.equal(typeof (scope.io ?? scope.self.io), "function");
  });
  // edge 276
  await t.test("other names are not", async () => {
    for (const name of ["socket.io.esm.js", "socket.io.cjs", "index.js", "..%2f..%2fetc%2fpasswd"]) {
      assert.equal((await fetch(`${app.url}/socket.io/${name}`)).status, 400, name);
    }
  });
});

test("--client-dir serves the files of a folder instead", async (t) => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "cosio-client-"));
  t.after(() => fs.rm(folder, { recursive: true }));
  await fs.writeFile(path.join(folder, "socket.io.js"), "// ours");
  const run = launch("--port", "0", "--client-dir", folder);
  t.after(async () => assert.equal((await end(run)).code, 0));
  const answer = await fetch(`${await run.listening}/socket.io/socket.io.js`);
  assert.deepEqual([answer.status, await answer.text()], [200, "// ours"]);
});

test("origins: everybody without credentials, or those of a list with them", async (t) => {
  const allowed = async (url, origin, path) => {
    const { headers } = await request(url, { headers: { origin }, path });
    return [headers.get("access-control-allow-origin"), headers.get("access-control-allow-credentials")];
  };
  const run = launch("--port", "0", "--origins", "http://a.example,http://b.example");
  const url = await run.listening;
  t.after(async () => assert.equal((await end(run)).code, 0));
  for (const path of ["/socket.io/", "/engine.io/"]) {
    assert.deepEqual(await allowed(app.url, "http://a.example", path), ["*", null]);
    assert.deepEqual(await allowed(url, "http://a.example", path), ["http://a.example", "true"]);
    assert.deepEqual(await allowed(url, "http://b.example", path), ["http://b.example", "true"]);
    assert.equal((await allowed(url, "http://c.example", path))[0], null);
  }
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  test(`${signal} ends the app with status 0 within two seconds, with clients and questions under way`, async (t) => {
    const run = launch("--port", "0", ...calm);
    const url = await run.listening;
    const gone = [];
    for (const way of [...ways, ...ways]) {
      const socket = prepare(t, url + "/control", way.options);
      await settled(await connected(socket), way);
      gone.push(next(socket, "disconnect"));
      socket.emit("self-ack", { event: "never answered", args: [] }, () => {});
      socket.emit("flood", { count: 100, bytes: 10_000 });
    }
    const { code, milliseconds } = await end(run, signal);
    assert.equal(code, 0, run.stderr);
    assert.ok(milliseconds < 2_000 * slowness, `it took ${milliseconds} ms`);
    for (const reasons of gone) assert.match((await reasons)[0], /^transport (close|error)$/);
  });
}

test("close-server acknowledges, tells every client, and ends with status 0", async (t) => {
  const run = launch("--port", "0", ...calm);
  const url = await run.listening;
  const sockets = [];
  for (const way of ways) sockets.push(await settled(await connected(prepare(t, url + "/control", way.options)), way));
  const gone = sockets.map((socket) => next(socket, "disconnect"));
  assert.equal(await control(sockets[0], "close-server"), true);
  for (const reasons of gone) assert.match((await reasons)[0], /^transport (close|error)$/);
  const { code, signal } = await run.exited;
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, run.stderr);
});
