// The rights that docs/cluster.md gives to a user of Redis are enough for the servers, with each adapter.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { calm, end, launch } = require("../interop/support/conformance");
const { open } = require("../interop/support/clients");
const { control } = require("../interop/support/control");
const { next, within } = require("../interop/support/wait");
const { admin, run } = require("./support/servers");

const page = fs.readFileSync(path.join(__dirname, "../../docs/cluster.md"), "utf8");
const rules = page.match(/^ACL SETUSER cosio .*$/gm);
const namespaces = ["/", "/auth", "/control", "/custom"]; // of the conformance app

/** The rules of the page, with those for /chat for each of our namespaces. */
function words(rule) {
  const all = rule.split(" ").slice(2);
  return all.flatMap((one) => (one.includes("#/chat#") ? namespaces.map((nsp) => one.replace("/chat", nsp)) : [one]));
}

test("the rights of the page are enough", async (t) => {
  for (const adapter of ["classic", "sharded", "streams"]) {
    await t.test(adapter, async (t) => {
      const redis = await run(t);
      const client = await admin(t, redis.port);
      assert.equal(rules.length, 3);
      for (const rule of rules) await client.sendCommand(["ACL", "SETUSER", ...words(rule)]);
      const flags = ["--adapter", adapter, "--broker", `redis://cosio:password@127.0.0.1:${redis.port}`];
      const apps = [1, 2].map(() => launch("--port", "0", ...calm, "--recovery", "20000", ...flags));
      t.after(async () => {
        for (const app of apps) assert.equal((await end(app)).code, 0, app.stderr);
      });
      for (const app of apps) app.url = await app.listening;
      const [a, b] = await Promise.all(apps.map((app) => open(t, app, "/control")));
      const both = (async () => {
        while ((await control(a, "clients", {}).catch(() => [])).length !== 2);
      })();
      await within(both, "both servers");
      await control(b, "join", "room");
      const heard = next(b, "news");
      await control(a, "emit", { from: "namespace", to: "room", event: "news", args: ["told"] });
      assert.equal((await heard)[0], "told");
      // A client whose connection breaks comes back as the same one: with Streams, its state is in Redis.
      const gone = next(b, "disconnect");
      b.io.engine.close();
      await gone;
      const back = next(b, "connect");
      b.connect();
      await back;
      if (adapter === "streams") assert.equal(b.recovered, true);
      for (const app of apps) assert.doesNotMatch(app.stderr, /NOPERM/);
    });
  }
});
