// The example jwt: tokens of three algorithms, forged ones, their end and their renewal.
"use strict";
const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { after, describe, test } = require("node:test");
const { io } = require("socket.io-client");
const { connected, prepare } = require("../interop/support/clients");
const { next, within } = require("../interop/support/wait");
const { example } = require("./support/example");

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "cosio-jwt-"));
after(() => fs.rmSync(scratch, { recursive: true }));

const secret = "a secret of this test, which is long enough";
const rsa = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = (pair) => pair.publicKey.export({ type: "spki", format: "pem" });
function keyFile(name, pair) {
  const file = path.join(scratch, name);
  fs.writeFileSync(file, pem(pair));
  return file;
}

const signers = {
  HS256: (text, key) => crypto.createHmac("sha256", key).update(text).digest(),
  RS256: (text, key) => crypto.sign("sha256", Buffer.from(text), key),
  ES256: (text, key) => crypto.sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }),
  none: () => Buffer.alloc(0),
};
const inBase64 = (what) => Buffer.from(JSON.stringify(what)).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);

function token(algorithm, key, claims = {}, header = algorithm) {
  const text = `${inBase64({ alg: header, typ: "JWT" })}.${inBase64({ sub: "ada", exp: now() + 3600, ...claims })}`;
  return `${text}.${signers[algorithm](text, key).toString("base64url")}`;
}

const kinds = [
  { name: "HS256", argument: () => secret, key: secret, other: "a secret of somebody else" },
  { name: "RS256", argument: () => keyFile("rsa.pem", rsa), key: rsa.privateKey, other: crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey },
  { name: "ES256", argument: () => keyFile("ec.pem", ec), key: ec.privateKey, other: crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey },
];

for (const { name, argument, key, other } of kinds) {
  describe(name, () => {
    const app = example("jwt", () => [name, argument()]);
    const come = (t, auth) => connected(prepare(t, app.url, { auth }));

    test("who has a token comes in, under the name in it", async (t) => {
      for (const sub of ["ada", "Grace", "Ørsted", "x".repeat(100)]) {
        const socket = await come(t, { token: token(name, key, { sub }) });
        assert.equal(await socket.emitWithAck("who am I?"), sub);
      }
    });

    test("forged tokens do not count", async (t) => {
      const good = token(name, key).split(".");
      const forged = {
        "another key": token(name, other),
        "another name": [good[0], inBase64({ sub: "root", exp: now() + 3600 }), good[2]].join("."),
        "no signature": token("none", null),
        "an empty signature": token("none", null, {}, name),
        "the public key as a secret": token("HS256", name === "ES256" ? pem(ec) : pem(rsa)),
        "another algorithm in the header": token(name, key, {}, "none"),
        "a signature that is cut off": token(name, key).slice(0, -4),
        "no end": token(name, key, { exp: undefined }),
        "no name": token(name, key, { sub: 7 }),
        "no base64": "a.b.!",
      };
      for (const [why, bad] of Object.entries(forged)) {
        await assert.rejects(come(t, { token: bad }), { message: "this token does not count" }, why);
      }
      for (const auth of [{}, { token: 7 }, { token: "" }, { token: "abc" }, { token: "a.b" }]) {
        await assert.rejects(come(t, auth), { message: "this is no token" });
      }
    });

    test("a token whose time is over is refused", async (t) => {
      await assert.rejects(come(t, { token: token(name, key, { exp: now() - 1 }) }), { message: "credentials expired" });
    });

    test("who renews a token stays, and who does not must go", async (t) => {
      const { connectWithToken } = await import("../../apps/examples/jwt/client.mjs");
      const exp = now() + 8; // the server tells three seconds before
      const tokens = [token(name, key, { exp }), token(name, key)];
      const renews = connectWithToken(io, app.url, async () => tokens.shift(), { transports: ["websocket"] });
      t.after(() => renews.disconnect());
      await within(new Promise((resolve) => renews.once("connect", resolve)), "the connection");
      const stays = renews.id;
      const forgets = await come(t, { token: token(name, key, { exp }) });
      const strangers = await forgets.emitWithAck("renew", token(name, key, { sub: "bob" }));
      assert.deepEqual(strangers, { message: "this is the token of another user" });
      assert.equal((await next(forgets, "disconnect"))[0], "io server disconnect");
      assert.equal(await renews.emitWithAck("who am I?"), "ada");
      assert.equal(renews.id, stays);
      assert.deepEqual(tokens, []);
    });
  });
}
