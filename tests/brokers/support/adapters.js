// The adapters and emitters of Node, each with the connections that it needs.
//
// adapters[name](broker) resolves to {factory, close()}; `factory` is for the option `adapter` of a server.
"use strict";
const { Pool } = require("pg");
const { createClient, createCluster } = require("redis");

async function redisClients(broker, count) {
  const make = () =>
    broker.ports
      ? createCluster({ rootNodes: broker.ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) })
      : createClient({ url: broker.url });
  const clients = Array.from({ length: count }, make);
  for (const client of clients) client.on("error", () => {}); // it connects again by itself
  await Promise.all(clients.map((client) => client.connect()));
  // Commands on their way are answered first, where there is somebody to answer.
  const end = (client) => (client.isReady === false ? client.disconnect() : client.quit());
  const close = () => Promise.allSettled(clients.map(end));
  return { clients, close };
}

const pubSub = (packageName, make) => async (broker, options) => {
  const { clients, close } = await redisClients(broker, 2);
  return { factory: make(require(packageName), ...clients, options), close };
};

const classic = (packageName) => pubSub(packageName, (adapter, pub, sub, options) => adapter.createAdapter(pub, sub, options));
const sharded = (subscriptionMode) =>
  pubSub("@socket.io/redis-adapter", (adapter, pub, sub, options) =>
    adapter.createShardedAdapter(pub, sub, { subscriptionMode, ...options }),
  );

async function streams(broker, options) {
  const { clients, close } = await redisClients(broker, 1);
  const { createAdapter } = require("@socket.io/redis-streams-adapter");
  return { factory: createAdapter(clients[0], { blockTimeInMs: 200, ...options }), close };
}

const postgres = (packageName) => async (broker, options) => {
  const pool = new Pool({ connectionString: broker.url });
  pool.on("error", () => {});
  await pool.query(
    "CREATE TABLE IF NOT EXISTS socket_io_attachments (id bigserial UNIQUE, created_at timestamptz DEFAULT NOW(), payload bytea)",
  );
  const { createAdapter } = require(packageName);
  return { factory: createAdapter(pool, { errorHandler: () => {}, ...options }), close: () => pool.end() };
};

const adapters = {
  alone: async () => ({ factory: undefined, close() {} }),
  classic: classic("@socket.io/redis-adapter"),
  "classic-8.2": classic("redis-adapter-8.2"),
  "classic-7": classic("redis-adapter-7"),
  "sharded-static": sharded("static"),
  "sharded-dynamic": sharded("dynamic"),
  "sharded-private": sharded("dynamic-private"),
  streams,
  postgres: postgres("@socket.io/postgres-adapter"),
  "postgres-0.3": postgres("postgres-adapter-0.3"),
};

const emitters = {
  async classic(broker) {
    const { clients, close } = await redisClients(broker, 1);
    const { Emitter } = require("@socket.io/redis-emitter");
    return { emitter: new Emitter(clients[0]), close };
  },
  async postgres(broker) {
    const pool = new Pool({ connectionString: broker.url });
    const { Emitter } = require("@socket.io/postgres-emitter");
    return { emitter: new Emitter(pool), close: () => pool.end() };
  },
};

module.exports = { adapters, emitters };
