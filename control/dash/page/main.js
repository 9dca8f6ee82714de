// The frame around the views: where one can go, which place is shown, and the one
// stream that keeps it all current.

import { h, draw } from "./dom.js";
import { icon } from "./icons.js";
import { login, watch } from "./net.js";
import { app, onRedraw, onSay, redraw, go, url } from "./store.js";
import { drawDialogs, showSaid, dialogsOpen, sign } from "./parts.js";
import { headline, needs, stateOf } from "./states.js";
import { name, visible } from "./words.js";
import { views } from "./views.js";

const root = document.getElementById("app");
let menuOpen = false;
let shown = ""; // the place for which the focus was set

function readPlace() {
  app.place = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}

// heading moves the focus to the title of a new place, so that keyboard and
// screen reader begin there.
function heading() {
  const place = app.place.join("/");
  if (place === shown || !app.picture) return;
  const first = shown === "";
  shown = place;
  scrollTo(0, 0);
  const title = root.querySelector("main h1");
  if (title && !first && !dialogsOpen()) title.focus({ preventScroll: true });
  document.title = `${title ? title.textContent + " · " : ""}Kith`;
}

onSay(showSaid);
onRedraw(() => {
  draw(root, app.picture && app.link !== "out" ? frame() : waiting());
  drawDialogs();
  heading();
});

function waiting() {
  if (app.link === "out") {
    return h("main.alone", { key: "out" }, h("div.emblem", null, icon("link")), h("h1", null, "This window is no longer open to Kith"),
      h("p", null, "For your safety, the page opens only from Kith itself, and only once for each time you ask."),
      h("p", null, "Choose ", h("strong", null, "Open Kith"), " in the tray, or type ", h("code", null, "kith open"), "."));
  }
  if (app.link === "lost") {
    return h("main.alone", { key: "lost" }, h("div.emblem", null, icon("bad")), h("h1", null, "Kith does not answer"),
      h("p", null, "It was stopped, or is just starting again. Start it, then open this page from its tray or with ", h("code", null, "kith open"), "."));
  }
  return h("main.alone", { key: "opening" }, h("h1", null, "Kith"), h("p", null, "Opening…"));
}

function frame() {
  const p = app.picture;
  return h("div.frame", { key: "frame", class: [menuOpen && "menu", app.place[0] === "start" && "plain"].filter(Boolean).join(" ") },
    h("a.skip", { href: "#content", onclick: (e) => { e.preventDefault(); root.querySelector("main h1")?.focus(); } }, "Skip to the content"),
    h("header.top", null,
      h("a.brand", { href: "#/" }, brand(), "Kith"),
      app.link === "lost" && h("span.lost", { role: "status" }, icon("bad"), "Reconnecting…"),
      h("button.button.bare.menubutton", { type: "button", "aria-expanded": String(menuOpen), "aria-controls": "nav", onclick: () => { menuOpen = !menuOpen; redraw(); } }, icon(menuOpen ? "close" : "menu"), h("span.unseen", null, "Menu"))),
    h("nav.nav", { id: "nav", "aria-label": "Main" },
      h("a.brand", { href: "#/" }, brand(), h("span", null, "Kith"), h("span.self", null, name(p.device.name))),
      app.link === "lost" && h("span.lost", { role: "status" }, icon("bad"), "Reconnecting…"),
      navList(p)),
    h("main", { id: "content" }, view()));
}

const brand = () =>
  h("svg.mark", { viewBox: "0 0 32 32", "aria-hidden": "true" }, h("rect", { width: 32, height: 32, rx: 9 }),
    h("circle", { cx: 12, cy: 16, r: 5.6 }), h("circle", { cx: 20, cy: 16, r: 5.6 }));

function navList(p) {
  const conflicts = p.folders.reduce((n, f) => n + f.conflicts, 0);
  const asks = needs(p).filter((n) => n.kind === "pairing" || n.kind === "offer").length;
  return [
    h("ul", null,
      item("home", "Overview", "#/", { sign: headline(p) }),
      item("look", "Search", "#/search"),
      item("list", "Activity", "#/activity"),
      conflicts > 0 && item("conflict", "Conflicts", "#/conflicts", { badge: conflicts })),
    h("p.group", { id: "nav-kith" }, "This network"),
    h("ul", { "aria-labelledby": "nav-kith" },
      item("device", "Devices", "#/devices", { badge: asks }),
      item("pulse", "Connection check", "#/check"),
      item("gear", "Settings", "#/settings")),
    h("p.group", { id: "nav-folders" }, "Folders"),
    h("ul", { "aria-labelledby": "nav-folders" },
      p.folders.map((f) => item("folder", name(f.name), url("folder", f.id), { key: f.id, state: stateOf(f) })),
      item("plus", "Share a folder", "#/share")),
  ];
}

function item(which, label, href, { key, badge, state } = {}) {
  if (!(href.slice(2).split("/")[0] in views)) return null;
  const here = "#/" + app.place.map(encodeURIComponent).join("/");
  const current = href === "#/" ? here === "#/" : here === href || here.startsWith(href + "/") || here.startsWith(href.replace("/folder/", "/versions/")) || here.startsWith(href.replace("/folder/", "/browse/")) || (href === "#/devices" && app.place[0] === "device");
  return h("li", { key: key ?? href }, h("a", { href, "aria-current": current ? "page" : undefined, onclick: () => { menuOpen = false; redraw(); } },
    icon(which), h("span.label", null, label),
    state && state.tone !== "good" && h("span.state", { class: `tone-${state.tone}`, title: state.word }, icon(state.icon), h("span.unseen", null, state.word)),
    badge > 0 && h("span.number", null, badge)));
}

function view() {
  const [first, ...rest] = app.place;
  const show = views[first ?? ""] ?? views.lost;
  try {
    return h("div.view", { key: first ?? "" }, show(...rest));
  } catch (e) {
    console.error(e);
    return h("div.page", { key: "broken" }, h("h1", null, "This could not be shown"), h("p", null, visible(e.message)));
  }
}

addEventListener("hashchange", () => {
  readPlace();
  redraw();
});
addEventListener("resize", () => {
  if (app.width === innerWidth) return;
  app.width = innerWidth;
  redraw();
});
setInterval(redraw, 30e3); // "3 min ago" gets older

const events = {
  picture(p) {
    const first = app.picture === null;
    app.picture = p;
    if (first) sessionStorage.removeItem("kith-tries"); // of the shell: all of it came
    if (first && p.device.fresh && app.place.length === 0) go("#/start");
  },
  log(entries) {
    app.log = [...app.log, ...entries].slice(-2000);
  },
};

// A window that nobody sees lets go of its stream: a browser has only so many
// connections to one place, for all its windows.
const unseenFor = 30e3;
let unseen = new AbortController();
let timer;
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (document.hidden) timer = setTimeout(() => unseen.abort(), unseenFor);
});

async function seen() {
  while (document.hidden) await new Promise((wake) => document.addEventListener("visibilitychange", wake, { once: true }));
  unseen = new AbortController();
}

async function follow() {
  let tries = 0;
  for (;;) {
    try {
      if (unseen.signal.aborted) await seen();
      app.log = [];
      await watch((event, value) => {
        tries = 0;
        app.link = "live";
        events[event]?.(value);
        redraw();
      }, unseen.signal);
    } catch (e) {
      if (unseen.signal.aborted) continue;
      if (e.status === 401) {
        app.link = "out";
        redraw();
        return;
      }
    }
    app.link = "lost";
    if (++tries > 3) app.picture = null;
    redraw();
    await new Promise((wake) => setTimeout(wake, Math.min(10e3, 500 * 2 ** tries)));
  }
}

const welcome = await login();
readPlace();
if (welcome) {
  follow();
} else {
  app.link = "out";
}
redraw();
