// A way to a server that can be cut, and stalled: then bytes go nowhere, and nobody is told.
"use strict";
const net = require("node:net");

/** @return {url, cut(), stall(), mend(), close()} */
async function launchProxy(url) {
  const { hostname, port } = new URL(url);
  const pairs = new Set();
  let broken = false;
  const server = net.createServer((from) => {
    if (broken) return from.destroy();
    const to = net.connect(Number(port), hostname);
    const pair = [from, to];
    pairs.add(pair);
    for (const one of pair) {
      one.on("error", () => {});
      one.on("close", () => {
        for (const other of pair) other.destroy();
        pairs.delete(pair);
      });
    }
    from.pipe(to);
    to.pipe(from);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const destroy = () => {
    for (const pair of [...pairs]) for (const one of pair) one.destroy();
  };
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut() {
      broken = true;
      destroy();
    },
    stall() {
      for (const [from, to] of pairs) {
        from.unpipe(to);
        to.unpipe(from);
      }
    },
    mend() {
      broken = false;
    },
    close() {
      destroy();
      server.close();
    },
  };
}

module.exports = { launchProxy };
