// Draws docs/chat.png: the chat on a desktop, and on a phone in the dark. usage, with the packages of package.json:
//
//   CHAT_APP=build/dev/apps/chat/chat NODE_PATH=build/dev/tests/browser/node_modules node tests/browser/picture.js
"use strict";
const path = require("node:path");
const { launchBrowser, launchChat } = require("./support/browser");
const { conversation } = require("./support/scene");

const file = process.argv[2] ?? path.join(__dirname, "../../docs/chat.png");
const kinds = [
  { colorScheme: "light", viewport: { width: 1100, height: 700 } },
  { colorScheme: "dark", viewport: { width: 380, height: 700 }, isMobile: true, hasTouch: true },
];

// README shows it 830 px wide, so that a letter of the page has 60 % of its size.
const montage = (desktop, phone) => `<!doctype html><style>
  body { width: 1344px; margin: 0; padding: 36px; display: flex; gap: 28px; align-items: center; box-sizing: border-box; }
  img { display: block; }
  div { overflow: hidden; border-radius: 14px; box-shadow: 0 0 0 1px #8884, 0 8px 28px #201a4040; }
  .desktop img { width: 924px; }
  .phone { padding: 7px; border-radius: 34px; background: #0b0a10; }
  .phone img { width: 304px; border-radius: 27px; }
</style><div class="desktop"><img src="data:image/png;base64,${desktop}"></div>
<div class="phone"><img src="data:image/png;base64,${phone}"></div>`;

async function draw() {
  const ends = [];
  const t = { after: (end) => ends.push(end) };
  const browser = await launchBrowser();
  try {
    const shots = [];
    for (const kind of kinds) {
      const chat = await launchChat(); // without the lines of the other picture
      const ada = await conversation(t, browser, chat.url, {
        window: { ...kind, deviceScaleFactor: 2, locale: "en-GB" },
      });
      await ada.page.emulateMedia({ reducedMotion: "reduce" });
      shots.push((await ada.page.screenshot()).toString("base64"));
      await Promise.all(ends.splice(0).map((end) => end()));
      await chat.stop();
    }
    const page = await browser.newPage({ viewport: { width: 1344, height: 600 }, deviceScaleFactor: 1.3 });
    await page.setContent(montage(...shots));
    await page.screenshot({ path: file, omitBackground: true, fullPage: true });
  } finally {
    await browser.close();
  }
}

draw();
