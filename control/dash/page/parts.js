// Parts that several views are made of.

import { h, draw } from "./dom.js";
import { icon } from "./icons.js";
import { isBusy, say, redraw } from "./store.js";
import { visible } from "./words.js";

// button does something when it is pressed. While busy says so, it waits.
export function button(label, onclick, { kind = "", sign, busy, ...props } = {}) {
  const waiting = busy !== undefined && isBusy(busy);
  return h("button.button", { type: "button", class: kind, onclick, "aria-busy": waiting ? "true" : undefined, disabled: waiting || props.disabled, ...props }, sign && icon(sign), label && h("span", null, label));
}

export const link = (label, href, { kind = "", sign, ...props } = {}) => h("a", { href, class: kind, ...props }, sign && icon(sign), h("span", null, label));

export const badge = (state) => h("span.badge", { class: `tone-${state.tone}` }, icon(state.icon), h("span", null, state.word));

export const sign = (state) => h("span.sign", { class: `tone-${state.tone}` }, icon(state.icon));

// bar shows a share from 0 to 1, with words for those who cannot see it.
export function bar(share, label) {
  const percent = Math.floor(100 * Math.min(1, Math.max(0, share)));
  return h("div.bar", { role: "progressbar", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": String(percent) }, h("div.fill", { style: { width: `${percent}%` } }));
}

export const page = (title, { lead, state, actions, back, wide } = {}, ...kids) =>
  h("div.page", { class: wide ? "wide" : "" },
    h("header.head", null,
      back && h("a.back", { href: back[1] }, icon("left"), back[0]),
      h("div.titles", null,
        h("div", null, h("h1", { tabindex: "-1" }, title), lead && h("p.lead", null, lead), state && h("p.lead.state", null, badge(state), state.line && h("span", null, visible(state.line)))),
        actions && h("div.actions", null, actions))),
    kids);

export const section = (title, { note, actions, key } = {}, ...kids) =>
  h("section.section", { key, "aria-label": title },
    h("div.sectionhead", null, h("h2", null, title), actions && h("div.actions", null, actions)),
    note && h("p.note", null, note),
    kids);

export const empty = (which, title, text, ...actions) =>
  h("div.empty", null, h("div.emblem", null, icon(which)), h("h2", null, title), text && h("p", null, text), actions.length > 0 && h("div.actions", null, actions));

export const loading = (text = "One moment…") => h("p.loading", { role: "status" }, text);

export const trouble = (error) =>
  h("div.callout.tone-bad", { role: "alert" }, icon("bad"), h("div", null, h("p", null, h("strong", null, visible(error.message))), error.next && h("p", null, visible(error.next))));

export function field(label, control, { help, id } = {}) {
  return h("div.field", null, h("label", { for: id }, label), control, help && h("p.help", { id: `${id}-help` }, help));
}

// dialog asks a person something in the middle of the page. body is called at
// each drawing and gets a function that closes it.
const host = () => document.getElementById("dialogs");
let open = [];

export function dialog(title, body) {
  const entry = { id: `dialog${Math.random().toString(36).slice(2)}`, title, body, from: document.activeElement };
  entry.close = () => {
    open = open.filter((e) => e !== entry);
    drawDialogs();
    if (entry.from?.isConnected) entry.from.focus();
  };
  open = [...open, entry];
  drawDialogs();
  return entry.close;
}

export function drawDialogs() {
  draw(host(), open.map((e) =>
    h("dialog.dialog", {
      key: e.id, "aria-labelledby": `${e.id}-title`,
      made: (node) => queueMicrotask(() => node.isConnected && !node.open && node.showModal()),
      oncancel: (event) => { event.preventDefault(); e.close(); },
      onclick: (event) => { if (event.target.tagName === "DIALOG") e.close(); },
    },
      h("div.sheet", null,
        h("header", null, h("h2", { id: `${e.id}-title` }, e.title), h("button.button.bare", { type: "button", "aria-label": "Close", onclick: e.close }, icon("close"))),
        e.body(e.close)))));
}

export const dialogsOpen = () => open.length > 0;

// confirm asks before something that cannot be taken back.
export function confirm(title, text, yes, act, { danger = true } = {}) {
  dialog(title, (close) => [
    h("p", null, text),
    h("div.actions.end", null,
      button("Cancel", close),
      button(yes, () => { close(); act(); }, { kind: danger ? "danger" : "primary", autofocus: true })),
  ]);
}

// The line at the bottom that says what came of something.
let said;
let timer;

export function showSaid(text, { next, bad, undo } = {}) {
  clearTimeout(timer);
  said = { text, next, bad, undo };
  drawSaid();
  timer = setTimeout(hush, undo || bad || next ? 12000 : 6000);
}

function hush() {
  said = undefined;
  drawSaid();
}

function drawSaid() {
  draw(document.getElementById("said"), said &&
    h("div.toast", { class: said.bad ? "bad" : "" },
      icon(said.bad ? "bad" : "ok"),
      h("div.words", null, h("p", null, visible(said.text)), said.next && h("p.next", null, visible(said.next))),
      said.undo && h("button.button.bare", { type: "button", onclick: () => { const back = said.undo; hush(); back(); } }, "Undo"),
      h("button.button.bare", { type: "button", "aria-label": "Dismiss", onclick: hush }, icon("close"))));
}

export function copyable(text, label = "Copy") {
  return h("span.copyable", null, h("code", null, visible(text)),
    h("button.button.small", { type: "button", onclick: async () => { await navigator.clipboard.writeText(text); say("Copied."); redraw(); } }, label));
}
