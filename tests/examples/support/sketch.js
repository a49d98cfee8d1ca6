// Drawing on the page of the whiteboard with the mouse, as people do.
"use strict";

/** Draws through points of a board of 1600 × 1000. */
async function draw(page, points) {
  const box = await page.locator("canvas").boundingBox();
  const at = ([x, y]) => [box.x + (x / 1600) * box.width, box.y + (y / 1000) * box.height];
  await page.mouse.move(...at(points[0]));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...at(point));
  await page.mouse.up();
}

/** The same without waiting for each move of the mouse. */
function drawFast(page, points, { colour, width } = {}) {
  const play = ({ points, names }) => {
    for (const name of names) document.querySelector(`[aria-label="${name}"]`).click();
    const canvas = document.querySelector("canvas");
    canvas.setPointerCapture = () => {}; // there is no pointer to capture
    const box = canvas.getBoundingClientRect();
    const send = (type, [x, y]) =>
      canvas.dispatchEvent(new PointerEvent(type, { clientX: box.x + (x / 1600) * box.width, clientY: box.y + (y / 1000) * box.height }));
    send("pointerdown", points[0]);
    for (const point of points.slice(1)) send("pointermove", point);
    send("pointerup", points.at(-1));
  };
  const names = [colour, width && `${width} pixels`].filter(Boolean);
  return page.evaluate(play, { points, names });
}

/** Whether there is ink at a point. */
function inked(page, [x, y]) {
  const look = ([x, y]) => {
    const canvas = document.querySelector("canvas");
    const [left, top] = [(x / 1600) * canvas.width, (y / 1000) * canvas.height];
    return canvas.getContext("2d").getImageData(left, top, 1, 1).data[3] > 0;
  };
  return page.evaluate(look, [x, y]);
}

const circle = (x, y, radius, from = 0, to = 2 * Math.PI) =>
  Array.from({ length: 41 }, (_, i) => from + ((to - from) * i) / 40).map((a) => [x + radius * Math.cos(a), y + radius * Math.sin(a)]);
const wave = (x, y, length, height, turns) =>
  Array.from({ length: 61 }, (_, i) => [x + (length * i) / 60, y + height * Math.sin((turns * 2 * Math.PI * i) / 60)]);
const line = (...corners) =>
  corners.slice(1).flatMap(([x, y], k) => Array.from({ length: 9 }, (_, i) => [corners[k][0] + ((x - corners[k][0]) * i) / 8, corners[k][1] + ((y - corners[k][1]) * i) / 8]));

/** A landscape by two people. */
async function landscape(ada, bob) {
  const [dark, red, orange, green, blue, violet] = ["#2b2a33", "#d6453d", "#e0902f", "#2f9e63", "#3b6fe0", "#8a4fd0"];
  await drawFast(ada, circle(1250, 240, 90), { colour: orange, width: 9 });
  for (let i = 0; i < 8; ++i) {
    const a = (i * Math.PI) / 4;
    await drawFast(ada, line([1250 + 125 * Math.cos(a), 240 + 125 * Math.sin(a)], [1250 + 165 * Math.cos(a), 240 + 165 * Math.sin(a)]));
  }
  await drawFast(bob, line([90, 640], [330, 280], [520, 540], [700, 330], [960, 640]), { colour: violet, width: 9 });
  await drawFast(bob, line([268, 372], [312, 405], [345, 365], [392, 368]), { colour: dark, width: 4 });
  await drawFast(bob, wave(70, 690, 1460, 16, 6), { colour: blue, width: 9 });
  await drawFast(bob, wave(70, 750, 1460, 16, 5));
  await drawFast(ada, line([1020, 620], [1020, 500], [1200, 500], [1200, 620], [1020, 620]), { colour: red, width: 9 });
  await drawFast(ada, line([995, 505], [1110, 410], [1225, 505]), { colour: dark });
  await drawFast(ada, line([1085, 618], [1085, 550], [1135, 550], [1135, 618]), { width: 4 });
  await drawFast(bob, line([1330, 640], [1330, 520]), { colour: dark, width: 9 });
  await drawFast(bob, circle(1330, 460, 66), { colour: green, width: 20 });
  await drawFast(bob, circle(1330, 460, 36));
  const { width, height } = await bob.locator("canvas").boundingBox();
  await bob.locator("canvas").hover({ position: { x: 0.86 * width, y: 0.45 * height } });
}

module.exports = { draw, inked, landscape };
