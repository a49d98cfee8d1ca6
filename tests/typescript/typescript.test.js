// Compiles the programs of this folder with `tsc --strict`, the types of socket.io-client, and the TypeScript of
// contracts: the file that the build wrote for the chat app, and everything.d.ts. Correct programs must compile; wrong
// ones must fail on the marked lines.
"use strict";
const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");

const modules = process.env.COSIO_NODE_MODULES; // of the build tree; the programs are compiled beside it
const folder = path.join(path.dirname(modules), "programs");
const compiler = path.join(modules, "typescript", "bin", "tsc");
const programs = ["chat_good.ts", "chat_bad.ts", "everything_good.ts", "everything_bad.ts"];

function lay_out() {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
  for (const name of [...programs, "everything.d.ts"]) fs.copyFileSync(path.join(__dirname, name), path.join(folder, name));
  fs.copyFileSync(process.env.COSIO_CHAT_TYPES, path.join(folder, "chat.d.ts"));
}

/** "file:line" of every error that the compiler finds, in all programs at once. */
function compile() {
  const options = ["--strict", "--noEmit", "--pretty", "false", "--target", "es2022", "--module", "esnext"];
  options.push("--moduleResolution", "bundler", "--lib", "es2022,dom");
  const { stdout, error } = spawnSync(process.execPath, [compiler, ...options, ...programs], { cwd: folder, encoding: "utf8" });
  if (error) throw error;
  const found = [...stdout.matchAll(/^(\S+)\((\d+),\d+\): error /gm)].map(([, file, line]) => `${file}:${line}`);
  return { stdout, errors: new Set(found) };
}

function marked(name) {
  const lines = fs.readFileSync(path.join(folder, name), "utf8").split("\n");
  return lines.flatMap((line, index) => (line.includes("// error: ") ? [`${name}:${index + 1}`] : []));
}

test("clients of contracts compile where they are right, and fail where they are wrong", () => {
  lay_out();
  const wanted = programs.flatMap(marked);
  assert.ok(wanted.length > 20, "the marks were not found");
  const { stdout, errors } = compile();
  assert.deepEqual([...errors].sort(), wanted.sort(), stdout);
});
