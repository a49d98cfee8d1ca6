// Redis fails in many ways. A server of this library says so once, and comes back by itself.
"use strict";
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { describe, test } = require("node:test");
const { calm, end, launch } = require("../interop/support/conformance");
const { open } = require("../interop/support/clients");
const { control } = require("../interop/support/control");
const { next, patience, within } = require("../interop/support/wait");
const { admin, certificates, folderFor, freePort, heard, run, said, times } = require("./support/servers");

/** Servers of this library with that Redis, which must end well. */
async function servers(t, url, count = 1) {
  const runs = Array.from({ length: count }, () => launch("--port", "0", ...calm, "--redis", url));
  t.after(async () => {
    for (const one of runs) assert.equal((await end(one)).code, 0, one.stderr);
  });
  for (const one of runs) one.url = await one.listening;
  return runs;
}

describe("a server is heard again", () => {
  test("when Redis has loaded its data", async (t) => {
    const folder = folderFor(t);
    const before = await run(t, { folder, flags: ["--enable-debug-command", "yes"] });
    const filling = await admin(t, before.port);
    await filling.sendCommand(["DEBUG", "POPULATE", "4000", "key", "100"]);
    const [app] = await servers(t, `redis://127.0.0.1:${before.port}`);
    await heard(filling, 1);
    await filling.sendCommand(["SAVE"]);
    await before.stop();

    const slowly = ["--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"];
    await run(t, { folder, port: before.port, flags: slowly, ready: "Server initialized" });
    await said(app, "LOADING");
    const client = await admin(t, before.port, { disableClientInfo: true });
    await heard(client, 1);
    await said(app, "is there again");
    assert.equal(times(app, "LOADING"), 1);
    assert.equal(times(app, "is there again"), 1);
  });

  test("when its password has been corrected", async (t) => {
    const redis = await run(t, { flags: ["--requirepass", "right"] });
    const client = await admin(t, redis.port, { password: "right" });
    const [app] = await servers(t, `redis://:right@127.0.0.1:${redis.port}`);
    await heard(client, 1);
    await client.sendCommand(["CONFIG", "SET", "requirepass", "other"]);
    for (const kind of ["pubsub", "normal"]) await client.sendCommand(["CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes"]);
    await said(app, "WRONGPASS");
    await client.sendCommand(["CONFIG", "SET", "requirepass", "right"]);
    await heard(client, 1);
    assert.equal(times(app, "WRONGPASS"), 1);
  });

  test("when it has been given the right to its channels", async (t) => {
    const redis = await run(t);
    const client = await admin(t, redis.port);
    await client.sendCommand(["ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all", "resetchannels"]);
    const [app] = await servers(t, `redis://app:pw@127.0.0.1:${redis.port}`);
    await said(app, "NOPERM");
    await client.sendCommand(["ACL", "SETUSER", "app", "allchannels"]);
    await heard(client, 1);
    assert.equal(times(app, "NOPERM"), 1);
  });

  test("when Redis was silent, and what asked other servers has ended meanwhile", async (t) => {
    const redis = await run(t);
    const client = await admin(t, redis.port);
    const [app] = await servers(t, `redis://127.0.0.1:${redis.port}`);
    await heard(client, 1);
    const socket = await open(t, app, "/control");
    redis.child.kill("SIGSTOP");
    t.after(() => redis.child.kill("SIGCONT"));
    const asked = await Promise.allSettled([
      control(socket, "clients", {}),
      control(socket, "sockets", {}),
      control(socket, "emit-ack", { from: "namespace", timeout: 1_000, event: "who?", args: [] }),
      control(socket, "server-side-emit", { event: "hello", args: [], ack: true }),
    ]);
    for (const one of asked) assert.match(one.reason?.message ?? one.value.error, /other servers cannot be asked/);
    await said(app, "no reply within");
    redis.child.kill("SIGCONT");
    await said(app, "is there again");
    await heard(client, 1);
    assert.deepEqual(await control(socket, "clients", {}), [socket.id]);
  });
});

describe("over TLS", () => {
  const name = "SSL_CERT_FILE"; // OpenSSL's own variable for the system's authorities
  const usual = process.env[name];

  /** A Redis whose certificate is for localhost, and a client of it. */
  async function secure(t) {
    const folder = folderFor(t);
    const files = certificates(folder);
    const tlsPort = await freePort();
    const flags = ["--tls-port", String(tlsPort), "--tls-cert-file", files.certificate, "--tls-key-file", files.key];
    const redis = await run(t, { folder, flags: [...flags, "--tls-ca-cert-file", files.authority, "--tls-auth-clients", "no"] });
    t.after(() => {
      if (usual === undefined) delete process.env[name];
      else process.env[name] = usual;
    });
    return { files, tlsPort, client: await admin(t, redis.port) };
  }

  test("a certificate of a known authority for the right host is taken", async (t) => {
    const { files, tlsPort, client } = await secure(t);
    process.env[name] = files.authority;
    await servers(t, `rediss://localhost:${tlsPort}`);
    await heard(client, 1);
  });

  test("a certificate for another host is refused", async (t) => {
    const { files, tlsPort } = await secure(t);
    process.env[name] = files.authority;
    const [app] = await servers(t, `rediss://127.0.0.1:${tlsPort}`);
    await said(app, "its certificate is refused: IP address mismatch");
  });

  test("an unknown authority is refused", async (t) => {
    const { tlsPort } = await secure(t);
    delete process.env[name];
    const [app] = await servers(t, `rediss://localhost:${tlsPort}`);
    await said(app, "its certificate is refused: ");
  });
});

test("a Unix socket does", async (t) => {
  const folder = folderFor(t);
  const socket = path.join(folder, "redis.sock");
  const redis = await run(t, { folder, flags: ["--unixsocket", socket] });
  const client = await admin(t, redis.port);
  await servers(t, `unix://${socket}?db=2`);
  await heard(client, 1);
  const clients = await client.sendCommand(["CLIENT", "LIST"]);
  assert.match(clients, /name=cosio .* db=2/);
});

test("after a failover the new master is used", async (t) => {
  const master = await run(t);
  const replica = await run(t, { flags: ["--replicaof", "127.0.0.1", String(master.port)] });
  const folder = folderFor(t);
  const config = path.join(folder, "sentinel.conf");
  fs.writeFileSync(
    config,
    `sentinel monitor mymaster 127.0.0.1 ${master.port} 1
sentinel down-after-milliseconds mymaster 1000
sentinel failover-timeout mymaster 5000
`,
  );
  const sentinel = await run(t, { folder, config: [config, "--sentinel"], ready: "monitor master" });
  const asked = await admin(t, sentinel.port, { disableClientInfo: true });
  const known = (async () => {
    while (!(await asked.sendCommand(["SENTINEL", "REPLICAS", "mymaster"])).length);
  })();
  await within(known, "the replica");

  const runs = await servers(t, `redis+sentinel://127.0.0.1:${sentinel.port}/mymaster`, 2);
  await heard(await admin(t, master.port), 2);
  await master.stop("SIGKILL");
  await heard(await admin(t, replica.port), 2);
  const [a, b] = await Promise.all(runs.map((one) => open(t, one, "/control")));
  const got = next(b, "news");
  const publishing = (async () => {
    while ((await control(a, "clients", {}).catch(() => [])).length !== 2);
  })();
  await within(publishing, "both servers");
  await control(a, "emit", { from: "namespace", event: "news", args: ["after"] });
  assert.deepEqual(await got, ["after"]);
});

test("in a Redis Cluster servers are counted and reached on all masters", async (t) => {
  const nodes = [];
  for (let i = 0; i < 3; ++i) {
    const folder = folderFor(t);
    const flags = ["--cluster-enabled", "yes", "--cluster-node-timeout", "30000", "--cluster-port", String(await freePort())];
    nodes.push(await run(t, { folder, flags }));
  }
  const places = nodes.map((node) => `127.0.0.1:${node.port}`);
  execFileSync("redis-cli", ["--cluster", "create", ...places, "--cluster-replicas", "0", "--cluster-yes"], { stdio: "pipe", timeout: patience });
  const runs = await servers(t, `redis+cluster://${places.join(",")}`, 2);
  const [a, b] = await Promise.all(runs.map((one) => open(t, one, "/control")));
  const joined = (async () => {
    while ((await control(a, "clients", {}).catch(() => [])).length !== 2);
  })();
  await within(joined, "both servers");
  const got = next(b, "news");
  await control(a, "emit", { from: "namespace", event: "news", args: ["over the cluster"] });
  assert.deepEqual(await got, ["over the cluster"]);
});
