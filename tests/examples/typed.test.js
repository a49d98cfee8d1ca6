// The example typed: its page is compiled against the contract that the build has written, and used in a browser.
"use strict";
const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { after, test } = require("node:test");
const { example, folder } = require("./support/example");
const { browser, expectText } = require("./support/page");

const modules = process.env.TYPESCRIPT_MODULES;
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "cosio-typed-"));
after(() => fs.rmSync(scratch, { recursive: true }));

function compile(change = (text) => text) {
  for (const name of ["index.html", "tsconfig.json"]) fs.copyFileSync(path.join(folder, "typed", name), path.join(scratch, name));
  fs.copyFileSync(path.join(process.env.EXAMPLES, "typed", "contract.d.ts"), path.join(scratch, "contract.d.ts"));
  fs.writeFileSync(path.join(scratch, "page.ts"), change(fs.readFileSync(path.join(folder, "typed", "page.ts"), "utf8")));
  if (!fs.existsSync(path.join(scratch, "node_modules"))) fs.symlinkSync(modules, path.join(scratch, "node_modules"));
  const compiler = path.join(modules, "typescript", "bin", "tsc");
  return spawnSync(process.execPath, [compiler, "--pretty", "false"], { cwd: scratch, encoding: "utf8" });
}

const app = example("typed", () => {
  const { status, stdout } = compile();
  assert.equal(status, 0, stdout);
  return [scratch];
});
const { open } = browser();

test("the page works, and the votes of one are seen by the others", async (t) => {
  const [ada, bob] = [await open(t, app.url), await open(t, app.url)];
  const result = (page) => () => page.locator("#result").textContent();
  await expectText(result(bob), "0 voted: 0 great, 0 fine, 0 tired");
  await ada.getByLabel("A remark").fill("such weather!");
  await ada.getByRole("button", { name: "great" }).click();
  for (const page of [ada, bob]) await expectText(result(page), "1 voted: 1 great, 0 fine, 0 tired");
  assert.deepEqual(await bob.locator("li").allTextContents(), ["such weather!"]);
  await bob.getByRole("button", { name: "tired" }).click();
  for (const page of [ada, bob]) await expectText(result(page), "2 voted: 1 great, 0 fine, 1 tired");
});

test("a page that says another name, or another type, does not compile", () => {
  for (const [right, wrong] of [
    ['emitWithAck("vote"', 'emitWithAck("vot"'],
    ["feeling, remark", "feeling: 7, remark"],
    ['"tired"]', '"angry"]'],
    ["now.voters", "now.electors"],
    ['on("changed"', 'on("change"'],
  ]) {
    const { status, stdout } = compile((text) => text.replace(right, wrong));
    assert.notEqual(status, 0, wrong);
    assert.match(stdout, /^page\.ts\(\d+,\d+\): error TS/m, wrong);
  }
});
