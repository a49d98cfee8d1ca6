// Brokers of our own on free ports: Redis alone, with replicas, with Sentinel and as a cluster; PostgreSQL.
//
// Each is {url, port, stop(), kill(), pause(), resume(), pid}, and leaves nothing behind.
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { within } = require("../../interop/support/wait");
const { folder, freePort, once, program, remove, run } = require("./programs");

// ---------------------------------------------------------------- Redis

/**
 * @param port   to come back where it was
 * @param keep   the folder of one that was killed
 * @param words  more of its options
 * @param host   where it listens besides 127.0.0.1
 * @param under  words before the program: where it runs
 */
async function startRedis({ port, words = [], keep, under, host = "127.0.0.1" } = {}) {
  const file = process.env.REDIS_SERVER ?? program("redis-server", "redis-server");
  port ??= await freePort();
  const data = keep ?? folder("redis");
  const options = ["--port", String(port), "--bind", "127.0.0.1", ...(host === "127.0.0.1" ? [] : [host, "--protected-mode", "no"]), "--save", "", "--appendonly", "no", "--dir", data];
  const running = await run(file, [...options, ...words], { ready: "Ready to accept connections", under });
  return {
    ...running,
    port,
    data,
    url: `redis://${host}:${port}`,
    stop: async () => (await running.stop(), remove(data)), // what was killed may come back with its data: `keep`
  };
}

/** Runs redis-cli against a server; its answer as text. */
function redisCli(port, ...words) {
  return once(program("redis-cli", "redis-server"), ["-p", String(port), ...words]);
}

/** Asks until `accept` takes the answer. */
async function until(ask, accept, what) {
  let searching = true;
  const search = (async () => {
    while (searching) {
      const answer = await ask().catch((failure) => failure);
      if (!(answer instanceof Error) && accept(answer)) return answer;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return within(search, what).finally(() => (searching = false));
}

/** Stops several things; what fails is told when all have been tried. */
async function stopAll(list) {
  const outcome = await Promise.allSettled(list.map((one) => one.stop()));
  const failed = outcome.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
}

// A node of a cluster also listens on its port plus 10,000 unless it is told another one. On a busy machine nodes take
// more than a second to meet, and one that has not met the others within its timeout is never asked again.
async function clusterNode() {
  const words = ["--cluster-enabled", "yes", "--cluster-port", String(await freePort()), "--cluster-node-timeout", "30000"];
  words.push("--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0", "--repl-timeout", "5");
  return startRedis({ words });
}

/** Three masters with a replica each: {nodes, url, ports, stop()}. */
async function startRedisCluster({ replicas = 1, timeout = 1_000 } = {}) {
  const nodes = await Promise.all(Array.from({ length: 3 * (1 + replicas) }, clusterNode));
  try {
    await makeCluster(nodes, replicas);
    for (const { port } of nodes) await redisCli(port, "config", "set", "cluster-node-timeout", String(timeout));
  } catch (failure) {
    await stopAll(nodes); // a test whose programs run does not end
    throw failure;
  }
  const ports = nodes.map(({ port }) => port);
  const url = `redis+cluster://${ports.map((port) => `127.0.0.1:${port}`)}`;
  return { nodes, ports, url, stop: () => stopAll(nodes) };
}

async function makeCluster(nodes, replicas) {
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const cli = program("redis-cli", "redis-server");
  await once(cli, ["--cluster", "create", ...addresses, "--cluster-replicas", String(replicas), "--cluster-yes"]);
  for (const { port } of nodes) {
    await until(() => redisCli(port, "cluster", "info"), (text) => text.includes("cluster_state:ok"), "the cluster");
  }
  const asked = () => redisCli(nodes[0].port, "cluster", "nodes");
  await until(asked, (text) => text.split("slave").length > 3 * replicas, "the replicas");
}

/** A master with a replica, and three Sentinels that watch it as `cosio`: {master, replica, sentinels, url, stop()}. */
async function startSentinel({ timeout = 1_000 } = {}) {
  const master = await startRedis();
  const replica = await startRedis({ words: ["--replicaof", `127.0.0.1 ${master.port}`, "--repl-diskless-sync-delay", "0"] });
  await until(() => redisCli(replica.port, "info", "replication"), (text) => text.includes("master_link_status:up"), "the replica");
  const sentinels = await Promise.all([1, 2, 3].map(() => sentinel(master.port, timeout)));
  for (const { port } of sentinels) {
    const asked = () => redisCli(port, "sentinel", "master", "cosio");
    await until(asked, (text) => /num-slaves\n1\n/.test(text) && /num-other-sentinels\n2\n/.test(text), "the Sentinels");
  }
  return { master, replica, sentinels, url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`)}/cosio`, stop: () => stopAll([...sentinels, replica, master]) };
}

async function sentinel(masterPort, timeout) {
  const port = await freePort();
  const data = folder("sentinel");
  const file = path.join(data, "sentinel.conf"); // it writes into its file
  const lines = [`port ${port}`, "bind 127.0.0.1", `dir ${data}`, `sentinel monitor cosio 127.0.0.1 ${masterPort} 2`];
  lines.push(`sentinel down-after-milliseconds cosio ${timeout}`, `sentinel failover-timeout cosio ${10 * timeout}`);
  fs.writeFileSync(file, `${lines.join("\n")}\n`);
  const running = await run(program("redis-server", "redis-server"), [file, "--sentinel"], { ready: "+monitor master" });
  return { ...running, port, stop: async () => (await running.stop(), remove(data)) };
}

// ---------------------------------------------------------------- PostgreSQL

// It refuses to run as root: then the user `postgres` runs it, or `nobody`.
function owner() {
  if (process.getuid() !== 0) return undefined;
  const id = (what, user) => Number(execFileSync("id", [what, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  for (const user of ["postgres", "nobody"]) {
    try {
      return { uid: id("-u", user), gid: id("-g", user) };
    } catch {
      // no such user
    }
  }
  throw new Error("PostgreSQL does not run as root, and there is neither a user postgres nor nobody");
}

function children(pid) {
  return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

// The parameters are those of startRedis().
async function startPostgres({ port, keep, words = [], under, host = "127.0.0.1" } = {}) {
  const as = owner();
  port ??= await freePort();
  const data = keep ?? folder("postgres", as);
  if (!keep) {
    const plain = ["--auth=trust", "--username=cosio", "--no-sync", "--no-locale", "--encoding=UTF8", "-D", data];
    await once(program("initdb", "postgresql"), plain, { as });
    if (host !== "127.0.0.1") fs.appendFileSync(path.join(data, "pg_hba.conf"), `host all all ${host}/30 trust\n`);
  }
  const settings = { listen_addresses: host, unix_socket_directories: "", fsync: "off", shared_buffers: "16MB" };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const file = program("postgres", "postgresql");
  const ready = "database system is ready to accept connections";
  // A program that moves it to another place needs the rights of root: then the user is changed behind that.
  const user = as && under ? ["setpriv", `--reuid=${as.uid}`, `--regid=${as.gid}`, "--clear-groups"] : [];
  const how = { ready, as: under ? {} : as, under: [...(under ?? []), ...user], signal: "SIGINT", cwd: "/" };
  const running = await run(file, ["-D", data, "-p", String(port), ...flags, ...words], how);
  // Each connection has a process of its own, which stands still, or ends, with the others.
  const all = (what) => [running.pid, ...children(running.pid)].forEach((pid) => process.kill(pid, what));
  return {
    ...running,
    port,
    data,
    pause: () => all("SIGSTOP"),
    resume: () => all("SIGCONT"),
    kill: async () => (all("SIGKILL"), running.kill()),
    url: `postgres://cosio@${host}:${port}/postgres`,
    stop: async () => (await running.stop(), remove(data)), // what was killed may come back with its data: `keep`
  };
}

module.exports = { redisCli, startPostgres, startRedis, startRedisCluster, startSentinel, stopAll, until };
