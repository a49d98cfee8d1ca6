// The example https: certificates that are read again while it serves.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const { test } = require("node:test");
const tls = require("node:tls");
const { selfSigned } = require("../interop/support/certificate");
const { connected, prepare } = require("../interop/support/clients");
const { within } = require("../interop/support/wait");
const { example } = require("./support/example");

const first = selfSigned();
const app = example("https", () => [first.certificate, first.key]);

/** The certificate that a new connection gets, as PEM without its line ends. */
function shown() {
  const { hostname, port } = new URL(app.url);
  const asked = new Promise((resolve, reject) => {
    const socket = tls.connect({ host: hostname, port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().raw.toString("base64"));
      socket.destroy();
    });
    socket.once("error", reject);
  });
  return within(asked, "a certificate");
}
const body = (pem) => pem.replace(/-----[A-Z ]+-----|\s/g, "");

test("a new certificate counts behind SIGHUP, a bad one does not, and clients stay", async (t) => {
  const socket = await connected(prepare(t, app.url, { ca: first.pem }));
  assert.equal(await socket.emitWithAck("is it secret?"), true);
  assert.equal(await shown(), body(first.pem));

  const second = selfSigned();
  fs.copyFileSync(second.certificate, first.certificate); // with the key of the first one: they do not fit
  app.run.child.kill("SIGHUP");
  await app.run.says(/the certificate stays as it was: /);
  assert.equal(await shown(), body(first.pem));

  fs.copyFileSync(second.key, first.key);
  app.run.child.kill("SIGHUP");
  await app.run.says(/the certificate was read again/);
  assert.equal(await shown(), body(second.pem));
  await connected(prepare(t, app.url, { ca: second.pem }));
  assert.equal(await socket.emitWithAck("is it secret?"), true);
});

test("a client that does not trust the certificate stays away", async (t) => {
  await assert.rejects(connected(prepare(t, app.url)), { message: "websocket error" });
});
