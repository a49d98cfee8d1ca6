// The wires of the matrix: each with its broker, the adapter of this library and that of Node.
//
// `variants` are tried as well: other versions of Node's adapters, other modes, Redis Cluster.
"use strict";
const { startPostgres, startRedis, startRedisCluster } = require("./brokers");

const wires = {
  classic: { title: "Redis", broker: startRedis, cosio: "classic", node: "classic", emitter: "classic" },
  sharded: { title: "Redis, sharded", broker: startRedis, cosio: "sharded", node: "sharded-dynamic" },
  streams: { title: "Redis Streams", broker: startRedis, cosio: "streams", node: "streams" },
  postgres: { title: "PostgreSQL", broker: startPostgres, cosio: "postgres", node: "postgres", emitter: "postgres" },
};

const variants = {
  "classic-8.2": { ...wires.classic, title: "Redis, Node's adapter 8.2", node: "classic-8.2" },
  "classic-7": { ...wires.classic, title: "Redis, Node's adapter 7.2", node: "classic-7" },
  "classic-cluster": { ...wires.classic, title: "Redis Cluster", broker: startRedisCluster },
  "sharded-static": { ...wires.sharded, title: "Redis, sharded, mode static", cosio: "sharded-static", node: "sharded-static" },
  "sharded-private": { ...wires.sharded, title: "Redis, sharded, mode dynamic-private", cosio: "sharded-private", node: "sharded-private" },
  "sharded-cluster": { ...wires.sharded, title: "Redis Cluster, sharded", broker: startRedisCluster },
  "streams-cluster": { ...wires.streams, title: "Redis Cluster, Streams", broker: startRedisCluster },
};

/** A wire or variant; fails for a name that is none. */
function wireOf(name) {
  const found = wires[name] ?? variants[name];
  if (!found) throw new Error(`no wire is called ${name}`);
  return found;
}

module.exports = { variants, wireOf, wires };
