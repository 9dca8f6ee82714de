// What the page knows: the picture as Kith sent it, what happened, the place that
// is shown, and what a person is in the middle of. Nothing in here decides
// anything about files.

import { command, insist, Fault } from "./net.js";

export const app = {
  picture: null,
  log: [], // the latest last
  link: "opening", // live, lost, out
  place: [], // of the address, in parts
  width: innerWidth,
};

let pending = false;
let drawAll = () => {};

export function onRedraw(fn) {
  drawAll = fn;
}

// redraw has all drawn anew: with the next frame, or soon after where a window that
// is not seen gets no frames.
export function redraw() {
  if (pending) return;
  pending = true;
  requestAnimationFrame(drawNow);
  setTimeout(drawNow, unseenDelay);
}

const unseenDelay = 300; // ms

function drawNow() {
  if (!pending) return;
  pending = false;
  drawAll();
}

// A draft is what a person is in the middle of, by the place it belongs to.
const drafts = new Map();

export function draft(key, initial = {}) {
  if (!drafts.has(key)) drafts.set(key, { ...initial });
  return drafts.get(key);
}

export const forget = (key) => drafts.delete(key);

// answers are what was asked for and does not come by the stream. The value of an
// older version stays in view until the newer one is here.
const answers = new Map();

export function answer(key, version, load) {
  let a = answers.get(key);
  if (!a) answers.set(key, (a = { version: undefined, value: undefined, error: undefined, loading: false }));
  if (a.version !== version) {
    a.version = version;
    a.loading = true;
    insist(load).then(
      (value) => settle(a, version, value, undefined),
      (error) => settle(a, version, undefined, error),
    );
  }
  return a;
}

function settle(a, version, value, error) {
  if (a.version !== version) return;
  Object.assign(a, { value, error, loading: false });
  redraw();
}

export const outdate = (prefix) => {
  for (const [key, a] of answers) if (key.startsWith(prefix)) a.version = undefined;
  redraw();
};

// go shows another place.
export function go(place) {
  location.hash = place;
}

export const url = (...parts) => "#/" + parts.map(encodeURIComponent).join("/");

// busy holds the commands under way, so that a button can show it.
const busy = new Set();
export const isBusy = (key) => busy.has(key);

let speak = () => {};
export function onSay(fn) {
  speak = fn;
}
export const say = (text, more) => speak(text, more);

// run has a command carried out, and says what came of it. It returns the reply,
// or nothing if it failed.
export async function run(c, { key = c.verb, quiet = false, undo } = {}) {
  busy.add(key);
  redraw();
  try {
    const reply = await command(c);
    if (!quiet && reply.text) say(reply.text, { undo });
    return reply;
  } catch (e) {
    say(e.message, { next: e.next, bad: true });
    if (!(e instanceof Fault)) console.error(e);
    return undefined;
  } finally {
    busy.delete(key);
    redraw();
  }
}

export const folderOf = (id) => app.picture.folders.find((f) => f.id === id);
export const deviceOf = (id) => app.picture.devices.find((d) => d.id === id);
export function deviceName(id) {
  if (id === app.picture.device.id) return app.picture.device.name;
  const known = deviceOf(id);
  if (known) return known.name;
  for (const f of app.picture.folders) for (const m of f.members) if (m.device === id) return m.name;
  return id.slice(0, 8);
}
