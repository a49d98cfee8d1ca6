// A conversation worth a picture, ending with somebody typing.
"use strict";
const { expectText } = require("./expect");
const { Person } = require("./person");

/** @return Ada, whose window is of the given kind. */
async function conversation(t, browser, url, options) {
  const arrive = (name, how) => Person.arrive(t, browser, url, name, how);
  const ada = await arrive("Ada Lovelace", options);
  const [grace, alan] = [await arrive("Grace Hopper"), await arrive("Alan Turing")];
  const others = [await arrive("Linus", { room: "kernel" }), await arrive("Margaret", { room: "apollo" })];
  await ada.notice("came in");
  const lines = [
    [grace, "Good morning! Did the new server survive the night?"],
    [ada, "It did: everybody is still here, and the memory is where it was."],
    [ada, "Every handler is a coroutine now. Reads like a story, top to bottom."],
    [alan, "And if a client just stops reading?"],
    [grace, "Then `co_await emit(...)` waits for it, and nobody else notices.\nNo callbacks, no leaks."],
    [alan, "Splendid. Tea?"],
    [ada, "In five minutes. I want to see it on a phone first."],
  ];
  for (const [who, text] of lines) {
    await who.say(text);
    const hears = (person) => person.hears(person === who ? "You" : who.name, text.split(/[`\n]/)[0]);
    await Promise.all([ada, grace, alan].map(hears));
  }
  await ada.learns("In five minutes", "Received by 2");
  await others[1].say("Go at throttle up");
  await ada.page.locator("#rooms .unread:not([hidden])").waitFor({ state: "attached" });
  await Promise.all([...others, grace, alan, ada].map((person) => person.transportIs("websocket")));
  await grace.box().pressSequentially("Yes");
  await expectText(() => ada.page.locator("#typing").textContent(), "Grace Hopper is typing");
  await ada.page.locator("#toast").waitFor({ state: "hidden" });
  await ada.page.locator("#delay:not([hidden])").waitFor({ state: "attached" });
  return ada;
}

module.exports = { conversation };
