// A self-signed certificate of this machine's loopback address, made anew for every run by the openssl command.
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { after } = require("node:test");

/** {certificate, key: paths; pem: the certificate}. The files are removed after the tests of this file. */
function selfSigned() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cosio-tls-"));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const certificate = path.join(folder, "certificate.pem");
  const key = path.join(folder, "key.pem");
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"].concat(
      ["-keyout", key, "-out", certificate, "-subj", "/CN=localhost"],
      ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
    ),
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  return { certificate, key, pem: fs.readFileSync(certificate, "utf8") };
}

module.exports = { selfSigned };
