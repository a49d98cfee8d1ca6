// The example cluster: three servers that share a Redis, behind the nginx of apps/examples/cluster/nginx.conf.
"use strict";
const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { freePort, listening } = require("../balancer/support/balancers");
const { connected, prepare } = require("../interop/support/clients");
const { collect, next, within } = require("../interop/support/wait");
const { end, folder, launch } = require("./support/example");

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "cosio-cluster-"));
const servers = [];
const daemons = [];

/** Runs a program until the tests are over, and waits until it accepts connections. */
async function daemon(port, command, ...flags) {
  const child = spawn(command, flags, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
  ended.catch(() => {});
  process.once("exit", () => child.kill("SIGKILL"));
  daemons.push({ child, ended, command });
  await listening(port, ended);
}

const nginx = (conf) => `
daemon off;
pid ${scratch}/nginx.pid;
error_log stderr error;
events {}
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((what) => `${what}_temp_path ${scratch}/${what};`).join("\n  ")}
  ${conf}
}
`;

let url;

before(async () => {
  const redis = await freePort();
  await daemon(redis, process.env.REDIS_SERVER ?? "redis-server", "--port", String(redis), "--bind", "127.0.0.1", "--save", "", "--dir", scratch);
  for (const name of ["one", "two", "three"]) servers.push(launch("cluster", name, `redis://127.0.0.1:${redis}`));
  const urls = await Promise.all(servers.map((server) => server.url));

  let conf = fs.readFileSync(path.join(folder, "cluster/nginx.conf"), "utf8");
  for (const [i, each] of urls.entries()) conf = conf.replace(`127.0.0.1:300${i + 1};`, `${new URL(each).host};`);
  const port = await freePort();
  conf = conf.replace("127.0.0.1:8080;", `127.0.0.1:${port};`);
  const file = path.join(scratch, "nginx.conf");
  fs.writeFileSync(file, nginx(conf));
  await daemon(port, process.env.NGINX_PROGRAM ?? "nginx", "-p", scratch, "-e", "stderr", "-c", file);
  url = `http://127.0.0.1:${port}`;
});

after(async () => {
  for (const server of servers) if (!server.gone) await end(server);
  for (const { child, ended, command } of daemons) {
    child.kill("SIGTERM");
    await within(ended, `the end of ${command}`);
  }
  fs.rmSync(scratch, { recursive: true });
});

/** Asks until there are six clients. */
async function all(client) {
  const count = () => client.timeout(2_000).emitWithAck("how many?").catch(() => 0);
  const six = async () => {
    while ((await count()) !== 6);
  };
  await within(six(), "six clients");
}

test("clients are spread over the servers, and hear each other", async (t) => {
  const clients = [];
  const names = [];
  for (let i = 0; i < 6; ++i) {
    const socket = prepare(t, url, { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 50 });
    const welcome = next(socket, "welcome");
    await connected(socket);
    const [name, address] = await welcome;
    assert.equal(address, "127.0.0.1");
    names.push(name);
    clients.push(socket);
  }
  assert.deepEqual(names.sort(), ["one", "one", "three", "three", "two", "two"]);
  await all(clients[0]);

  const hears = clients.map((socket) => next(socket, "said"));
  assert.equal(await clients[0].emitWithAck("say", "hello"), true);
  const heard = await Promise.all(hears);
  assert.deepEqual(heard.map(([, text]) => text), Array(6).fill("hello"));

  // A deploy: the clients of one server go to the others by themselves.
  const leavers = clients.map((socket) => collect(socket, "welcome"));
  servers[2].gone = true;
  await end(servers[2]);
  await all(clients[0]);
  const later = leavers.flatMap(({ all }) => all.map(([name]) => name));
  assert.equal(later.length, 2);
  assert.ok(!later.includes("three"), later.join());
});

test("nginx passes nothing on but Socket.IO", async () => {
  const { status } = await fetch(`${url}/metrics`);
  assert.ok([403, 404].includes(status), `${status}`); // as the folder of nginx has it
});
