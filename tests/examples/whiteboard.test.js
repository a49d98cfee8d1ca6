// The example whiteboard: two people draw in a browser.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { connected, prepare } = require("../interop/support/clients");
const { end, launch } = require("./support/example");
const { browser, expectText, photograph } = require("./support/page");
const { draw, inked, landscape } = require("./support/sketch");

const { open } = browser();
const sees = (page, point, wanted = true) => expectText(async () => String(await inked(page, point)), String(wanted));

async function start(t) {
  const run = launch("whiteboard");
  t.after(() => end(run));
  const url = await run.url;
  const come = async (name, options) => {
    const page = await open(t, `${url}/?name=${name}`, options);
    await expectText(() => page.locator("#state").textContent(), "everybody sees it");
    return page;
  };
  return { url, come };
}

test("a line is seen by the others, while it is drawn and afterwards, and by who comes later", async (t) => {
  const { come } = await start(t);
  const [ada, bob] = [await come("Ada"), await come("Bob")];
  await draw(ada, [[200, 200], [500, 200], [800, 200]]);
  await sees(bob, [500, 200]);
  const box = await bob.locator("canvas").boundingBox();
  await bob.mouse.move(box.x + box.width / 2, box.y + box.height * 0.8);
  await bob.mouse.down();
  await bob.mouse.move(box.x + box.width * 0.75, box.y + box.height * 0.8, { steps: 5 });
  await sees(ada, [1000, 800]); // its end has not come
  await bob.mouse.up();
  await expectText(() => ada.locator("#pointers").textContent(), "Bob");
  const carol = await come("Carol");
  await sees(carol, [500, 200]);
  await sees(carol, [1000, 800]);
});

test("undo takes back what one has drawn, and clear takes all", async (t) => {
  const { come } = await start(t);
  const [ada, bob] = [await come("Ada"), await come("Bob")];
  await draw(ada, [[200, 200], [400, 200]]);
  await draw(bob, [[200, 600], [400, 600]]);
  await sees(ada, [300, 600]);
  await sees(bob, [300, 200]);
  await ada.keyboard.press("Control+z");
  await sees(bob, [300, 200], false);
  assert.equal(await inked(bob, [300, 600]), true);
  await ada.getByRole("button", { name: "Clear" }).click();
  await sees(bob, [300, 600], false);
});

test("what is no stroke reaches nobody", async (t) => {
  const { url } = await start(t);
  const [ada, bob] = [await connected(prepare(t, url)), await connected(prepare(t, url))];
  const good = { id: "a", colour: "#d6453d", width: 4, points: [1, 2, 3, 4] };
  const bad = [{ colour: "red;}" }, { colour: "#D6453D" }, { width: 0 }, { width: 1e9 }, { points: [1] }, { points: Array(4_002).fill(0) }, { id: "x".repeat(41) }];
  const heard = [];
  bob.on("stroke", (one) => heard.push(one));
  for (const wrong of bad) ada.emit("stroke", { ...good, ...wrong });
  await ada.emitWithAck("stroke", good);
  assert.deepEqual(await bob.emitWithAck("board"), [good]);
  assert.deepEqual(heard, [good]);
});

for (const [name, options] of Object.entries({
  light: { deviceScaleFactor: 1.5 },
  dark: { colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2 },
})) {
  test(`the page fits its window: ${name}`, async (t) => {
    const { come } = await start(t);
    const [ada, bob] = [await come("Ada", options), await come("Bob", options)];
    await landscape(ada, bob);
    await sees(ada, [1330, 580]);
    const { width, wide, tools } = await ada.evaluate(() => ({
      width: innerWidth,
      wide: document.documentElement.scrollWidth,
      tools: document.querySelector("nav").getBoundingClientRect().toJSON(),
    }));
    assert.ok(wide <= width, `${wide} of ${width} px`);
    assert.ok(tools.left >= 0 && tools.right <= width, "the tools are in the window");
    await photograph(ada, `whiteboard-${name}`);
  });
}
