// The lower half of the client against servers of Node: both revisions, TLS, proxies, cut cables.
"use strict";
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const os = require("node:os");
const path = require("node:path");
const { after, before, describe, test } = require("node:test");
const { line } = require("./support/line");
const { connectProxy, listen, socksProxy } = require("./support/proxies");

const versions = { 4: require("engine.io"), 3: require("engine.io-3") };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cosio-client-"));
after(() => fs.rmSync(folder, { recursive: true }));

function openssl(...words) {
  execFileSync("openssl", words, { stdio: "ignore" });
}

// Self-signed, for so many days from now.
function certificate(name, host, days = "1") {
  const [cert, key, request] = ["pem", "key", "csr"].map((kind) => path.join(folder, `${name}.${kind}`));
  openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", `/CN=${host}`,
    "-addext", `subjectAltName=DNS:${host}`, "-keyout", key, "-out", request);
  openssl("x509", "-req", "-in", request, "-signkey", key, "-out", cert, "-days", days, "-copy_extensions", "copy");
  return { cert, key };
}

// An Engine.IO server that sends everything back.
async function echo(t, { revision = 4, tls, ...settings } = {}) {
  const server = tls
    ? https.createServer({ cert: fs.readFileSync(tls.cert), key: fs.readFileSync(tls.key) })
    : http.createServer();
  const connections = new Set();
  for (const kind of ["connection", "secureConnection"])
    server.on(kind, (socket) => {
      connections.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => connections.delete(socket));
    });
  const Server = versions[revision].Server;
  const engine = new Server(settings);
  engine.attach(server, { path: "/engine.io" });
  const closed = [];
  const sockets = [];
  engine.on("connection", (socket) => {
    sockets.push(socket);
    socket.on("message", (data) => socket.send(data));
    socket.on("close", (why) => closed.push(why));
  });
  t.after(() => {
    engine.close();
    server.close();
    for (const one of connections) one.destroy();
  });
  const port = await listen(server);
  const cut = () => [...connections].forEach((one) => one.resetAndDestroy?.() ?? one.destroy());
  return { url: `${tls ? "https" : "http"}://localhost:${port}`, port, closed, sockets, cut };
}

describe("servers of Node", () => {
  for (const revision of [4, 3])
    for (const transports of [["polling", "websocket"], ["polling"], ["websocket"]])
      test(`revision ${revision} by ${transports.join(" and ")}`, async (t) => {
        const server = await echo(t, { revision, perMessageDeflate: { threshold: 0 } });
        const client = line(t, { url: server.url, revision, transports });
        assert.equal((await client.event("open")).event, "open");
        client.write("text before ü😀");
        client.write("binary 00ff80");
        await client.text("before ü😀");
        await client.hex("00ff80");
        if (transports.length === 2) assert.equal((await client.event("upgrade")).to, "websocket");
        for (let i = 0; i < 100; i++) client.write(`text ${i} ${"x".repeat(i * 20)}`);
        client.write("binary 040a");
        await client.text(`99 ${"x".repeat(99 * 20)}`);
        await client.hex("040a");
        const order = client.events.filter((e) => /^\d+ /.test(e.text)).map((e) => Number.parseInt(e.text, 10));
        assert.deepEqual(order, [...Array(100).keys()]);
        client.write("close");
        assert.equal((await client.event("close")).reason, "forced close");
        assert.deepEqual(await client.ended, { code: 0, signal: null });
      });

  test("heartbeats are answered", async (t) => {
    for (const revision of [4, 3]) {
      const server = await echo(t, { revision, pingInterval: 100, pingTimeout: 1500 });
      const client = line(t, { url: server.url, revision, transports: ["websocket"] });
      await client.event("open");
      await new Promise((resolve) => setTimeout(resolve, 2500));
      client.write("text alive");
      await client.text("alive");
      assert.deepEqual(server.closed, []);
    }
  });

  test("a server that stops is noticed by the heartbeat", async (t) => {
    const server = await echo(t, { pingInterval: 200, pingTimeout: 200 });
    const client = line(t, { url: server.url, transports: ["websocket"] });
    await client.event("open");
    server.sockets[0].schedulePing = () => {};
    clearTimeout(server.sockets[0].pingIntervalTimer);
    server.sockets[0].pingIntervalTimer = undefined;
    server.sockets[0].sendPacket = () => {};
    assert.equal((await client.event("close")).reason, "ping timeout");
  });

  test("a cut cable is the end of a connection", async (t) => {
    for (const transports of [["polling"], ["websocket"]]) {
      const server = await echo(t);
      const client = line(t, { url: server.url, transports });
      await client.event("open");
      client.write("text a");
      await client.text("a");
      server.cut();
      const end = await client.event("close");
      assert.equal(end.reason, transports[0] === "polling" ? "transport error" : "transport close");
      assert.notEqual(end.error, "");
      assert.deepEqual(await client.ended, { code: 0, signal: null });
    }
  });

  test("the other revision is refused, and the status is told", async (t) => {
    const server = await echo(t);
    const client = line(t, { url: server.url, revision: 3 });
    const end = await client.event("close");
    assert.equal(end.status, 400);
    assert.equal(end.reason, "transport error");
  });

  test("polling goes on where WebSocket is not let through", async (t) => {
    const server = await echo(t, { allowUpgrades: true, transports: ["polling", "websocket"] });
    const lone = http.createServer((req, res) => {
      const to = http.request({ port: server.port, method: req.method, path: req.url, headers: req.headers }, (from) => {
        res.writeHead(from.statusCode, from.headers);
        from.pipe(res);
      });
      to.on("error", () => res.destroy());
      req.pipe(to);
    });
    lone.on("upgrade", (req, socket) => socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    const port = await listen(lone);
    t.after(() => {
      lone.close();
      lone.closeAllConnections();
    });
    const client = line(t, { url: `http://127.0.0.1:${port}` });
    await client.event("open");
    assert.equal((await client.event("upgrade_error")).event, "upgrade_error");
    client.write("text still here");
    await client.text("still here");
  });
});

describe("certificates", () => {
  const files = {};
  before(() => {
    files.good = certificate("good", "localhost");
    files.other = certificate("other", "example.com");
    files.expired = certificate("expired", "localhost", "-1");
  });
  const outcome = async (t, tls, settings) => {
    const server = await echo(t, { tls });
    const client = line(t, { url: server.url, ...settings });
    const first = await client.find((e) => e.event === "open" || e.event === "close", "an outcome");
    return first.event === "open" ? "open" : first.detail;
  };
  test("of a trusted authority with the right name", async (t) => {
    assert.equal(await outcome(t, files.good, { ca_file: files.good.cert }), "open");
  });
  test("of nobody that the system knows", async (t) => {
    assert.match(await outcome(t, files.good, {}), /certificate of the server is refused: self.signed/);
    assert.equal(await outcome(t, files.good, { insecure: true }), "open");
  });
  test("with another name", async (t) => {
    assert.match(await outcome(t, files.other, { ca_file: files.other.cert }), /refused: hostname mismatch/i);
  });
  test("expired", async (t) => {
    assert.match(await outcome(t, files.expired, { ca_file: files.expired.cert }), /refused: certificate has expired/);
  });
});

describe("proxies", () => {
  const files = {};
  before(() => (files.good = certificate("proxied", "localhost")));
  const works = async (t, settings, environment) => {
    const client = line(t, settings, environment);
    const first = await client.find((e) => e.event === "open" || e.event === "close", "an outcome");
    if (first.event === "close") return first;
    await client.event("upgrade");
    client.write("text through");
    await client.text("through");
    return "works";
  };
  test("CONNECT, for both schemes", async (t) => {
    for (const tls of [undefined, files.good]) {
      const server = await echo(t, { tls });
      const proxy = await connectProxy(t);
      const settings = { url: server.url, proxy: `http://127.0.0.1:${proxy.port}`, ca_file: tls?.cert ?? "" };
      assert.equal(await works(t, settings), "works");
      assert.ok(proxy.targets.length >= 2 && proxy.targets.every((to) => to === `localhost:${server.port}`));
    }
  });
  test("CONNECT with a password", async (t) => {
    const server = await echo(t);
    const proxy = await connectProxy(t, "me:se:cret");
    assert.equal(await works(t, { url: server.url, proxy: `http://me:se%3Acret@127.0.0.1:${proxy.port}` }), "works");
    for (const user of ["", "me:wrong@"]) {
      const end = await works(t, { url: server.url, proxy: `http://${user}127.0.0.1:${proxy.port}` });
      assert.equal(end.status, 407);
      assert.equal(end.reason, "transport error");
    }
  });
  test("SOCKS5, with and without a password", async (t) => {
    const server = await echo(t, { tls: files.good });
    const open = await socksProxy(t);
    const ca_file = files.good.cert;
    assert.equal(await works(t, { url: server.url, ca_file, proxy: `socks5://127.0.0.1:${open.port}` }), "works");
    assert.ok(open.targets.every((to) => to === `name localhost:${server.port}`));
    const closed = await socksProxy(t, "me:secret");
    assert.equal(
      await works(t, { url: server.url, ca_file, proxy: `socks5h://me:secret@127.0.0.1:${closed.port}` }), "works");
    for (const user of ["", "me:wrong@"]) {
      const end = await works(t, { url: server.url, ca_file, proxy: `socks5://${user}127.0.0.1:${closed.port}` });
      assert.match(end.detail, /the proxy (demands|refuses)/);
    }
    const plain = await echo(t);
    assert.equal(
      await works(t, { url: `http://127.0.0.1:${plain.port}`, proxy: `socks5://127.0.0.1:${open.port}` }), "works");
    assert.equal(open.targets.at(-1), `address 127.0.0.1:${plain.port}`);
  });
  test("a proxy that cannot connect is told", async (t) => {
    const proxy = await connectProxy(t);
    const end = await works(t, { url: "http://localhost:1", proxy: `http://127.0.0.1:${proxy.port}` });
    assert.equal(end.status, 502);
    const socks = await socksProxy(t);
    const other = await works(t, { url: "http://localhost:1", proxy: `socks5://127.0.0.1:${socks.port}` });
    assert.match(other.detail, /the port is closed/);
  });
  test("the environment names proxies, but not for this machine", async (t) => {
    const server = await echo(t);
    const proxy = await connectProxy(t);
    const environment = { http_proxy: `http://127.0.0.1:${proxy.port}` };
    assert.equal(await works(t, { url: server.url }, environment), "works");
    assert.deepEqual(proxy.targets, []);
    const end = await works(t, { url: "http://cosio.invalid:1", transports: ["polling"] }, environment);
    assert.equal(end.status, 502);
    assert.deepEqual(proxy.targets, ["cosio.invalid:1"]);
  });
  test("a cut proxy is the end of a connection", async (t) => {
    const server = await echo(t);
    const proxy = await connectProxy(t);
    const client = line(t, { url: server.url, proxy: `http://127.0.0.1:${proxy.port}` });
    await client.event("upgrade");
    proxy.cut();
    assert.equal((await client.event("close")).reason, "transport close");
  });
});
