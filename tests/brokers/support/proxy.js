// A TCP proxy in front of a broker, which can be hurt: it holds bytes back, cuts connections, refuses them, is slow.
"use strict";
const net = require("node:net");

/**
 * @return {port, url, hold(), go(), cut(), refuse(), slow(ms), stop()}
 *   hold    connections stay, and nothing passes any more: the network is gone without a word
 *   cut     all connections end, and new ones are taken
 *   refuse  all connections end, and new ones end at once
 *   slow    everything takes so many milliseconds longer, each way
 *   go      the end of all this
 */
async function startProxy(broker) {
  const pairs = new Set();
  const state = { held: false, refusing: false, delay: 0 };

  const server = net.createServer((client) => {
    if (state.refusing) return client.resetAndDestroy();
    const behind = net.connect(broker.port, "127.0.0.1");
    const pair = [client, behind];
    pairs.add(pair);
    const waiting = [];
    const end = () => {
      pairs.delete(pair);
      pair.forEach((one) => one.destroy());
    };
    const pass = (from, to) => {
      let last = Promise.resolve(); // so that delayed bytes keep their order
      from.on("data", (some) => {
        if (state.held) return waiting.push([to, some]);
        if (!state.delay) return last === undefined ? to.write(some) : (last = last.then(() => to.write(some)));
        const due = new Promise((resolve) => setTimeout(resolve, state.delay));
        last = last.then(() => due).then(() => to.write(some));
      });
      from.on("close", () => !state.held && end());
      from.on("error", () => !state.held && end());
    };
    pair.release = () => {
      if (pair.some((one) => one.destroyed)) return end();
      waiting.splice(0).forEach(([to, some]) => to.write(some));
    };
    pass(client, behind);
    pass(behind, client);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  // Node 20 cannot reset a connection that is shutting down: its process would spin at its end, and never exit.
  const reset = (one) => (one.writableEnded ? one.destroy() : one.resetAndDestroy());
  const cut = () => [...pairs].forEach((pair) => reset(pair[0]) && pair[1].destroy() && pairs.delete(pair));
  return {
    port,
    url: broker.url.replace(`:${broker.port}`, `:${port}`),
    connections: () => pairs.size,
    hold: () => (state.held = true),
    cut,
    refuse: () => ((state.refusing = true), cut()),
    slow: (ms) => (state.delay = ms),
    go() {
      state.held = state.refusing = false;
      state.delay = 0;
      [...pairs].forEach((pair) => pair.release());
    },
    stop() {
      server.close();
      cut();
    },
  };
}

module.exports = { startProxy };
