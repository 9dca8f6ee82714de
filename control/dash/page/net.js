// The way to Kith: one login, one stream, and commands.

const slot = "kith-token";
const grave = new Set(["unpair", "leave", "remove", "listen", "approve", "quit"]);

// Fault is what Kith answers when something cannot be done: why, and what next.
export class Fault extends Error {
  constructor(what, next, status) {
    super(what);
    this.next = next;
    this.status = status;
  }
}

// Unheard is that no answer came: Kith ended, or the browser dropped what was under
// way, as browsers do when the network of the machine changes.
class Unheard extends Fault {
  constructor() {
    super("No answer came from Kith.", "Look whether it was done; if not, do it again.");
  }
}

// insist asks again when no answer came, a few times: for what may be asked twice.
export async function insist(question) {
  for (let tries = 0; ; tries++) {
    try {
      return await question();
    } catch (e) {
      if ((e instanceof Fault && !(e instanceof Unheard)) || tries === 5) throw e;
      await new Promise((wake) => setTimeout(wake, 200 * 2 ** tries));
    }
  }
}

// login takes the code out of the address, before anything can remember it.
export async function login() {
  const given = new URLSearchParams(location.hash.slice(1));
  const code = given.get("code");
  if (!code) return sessionStorage.getItem(slot) !== null;
  history.replaceState(null, "", "/#" + (given.get("to") || "/"));
  const res = await insist(() => fetch("/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code }) }));
  if (!res.ok) {
    sessionStorage.removeItem(slot);
    return false;
  }
  sessionStorage.setItem(slot, (await res.json()).token);
  return true;
}

async function ask(path, body, headers = {}, signal) {
  const init = { method: body === undefined ? "GET" : "POST", headers: { "X-Kith-Token": sessionStorage.getItem(slot) ?? "", ...headers }, signal };
  if (body !== undefined) {
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  const res = await fetch(path, init).catch((e) => { throw signal?.aborted ? e : new Unheard(); });
  if (res.ok) return res;
  const text = await res.text();
  let said;
  try {
    said = JSON.parse(text);
  } catch {
    said = { what: text.trim() || res.statusText };
  }
  throw new Fault(said.what ?? res.statusText, said.next, res.status);
}

export const get = async (path, query = {}, signal) => (await ask(`${path}?${new URLSearchParams(query)}`, undefined, {}, signal)).json();

export const raw = (path, query = {}) => ask(`${path}?${new URLSearchParams(query)}`);

export const post = async (path, body, signal) => (await ask(path, body, {}, signal)).json();

// command has a command carried out. For those that cannot be taken back Kith
// wants it confirmed; the caller has asked the person.
export async function command(c) {
  const headers = {};
  if (grave.has(c.verb)) headers["X-Kith-Confirm"] = (await (await ask("/confirm", c)).json()).nonce;
  return (await ask("/v1/command", c, headers)).json();
}

// watch calls on(event, value) for what comes over the stream, until it ends or is
// ended by the signal.
export async function watch(on, signal) {
  const res = await ask("/watch", {}, {}, signal);
  const reader = res.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    for (let end; (end = rest.indexOf("\n\n")) >= 0; rest = rest.slice(end + 2)) {
      const event = {};
      for (const line of rest.slice(0, end).split("\n")) {
        const at = line.indexOf(": ");
        if (at > 0) event[line.slice(0, at)] = line.slice(at + 2);
      }
      if (event.event) on(event.event, JSON.parse(event.data));
    }
  }
}
