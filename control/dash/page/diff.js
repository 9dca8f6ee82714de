// What differs between two texts, line by line: the shortest way from one to the
// other (Myers, "An O(ND) Difference Algorithm and Its Variations", 1986).

const mostEdits = 2000; // beyond that two texts are simply different

// diff returns rows of [kind, left, right]: "same", "gone", "new" or "changed".
// Nothing, if there is too much to compare.
export function diff(a, b) {
  const left = lines(a);
  const right = lines(b);
  const script = walk(left, right);
  return script && pair(script);
}

function lines(text) {
  const all = text.split("\n");
  if (all.at(-1) === "") all.pop();
  return all;
}

// walk finds the edits: rows of one side or of both.
function walk(a, b) {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const middle = search(a.slice(start, endA), b.slice(start, endB));
  if (!middle) return undefined;
  return [...a.slice(0, start).map((l) => ["same", l, l]), ...middle, ...a.slice(endA).map((l) => ["same", l, l])];
}

function search(a, b) {
  const most = Math.min(a.length + b.length, mostEdits);
  const trail = [];
  let reach = new Map([[1, 0]]);
  for (let d = 0; d <= most; d++) {
    trail.push(new Map(reach));
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && reach.get(k - 1) < reach.get(k + 1)) ? reach.get(k + 1) : reach.get(k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return back(a, b, trail);
    }
  }
  return undefined;
}

function back(a, b, trail) {
  const out = [];
  let x = a.length;
  let y = b.length;
  for (let d = trail.length - 1; d >= 0; d--) {
    const reach = trail[d];
    const k = x - y;
    const from = k === -d || (k !== d && reach.get(k - 1) < reach.get(k + 1)) ? k + 1 : k - 1;
    const fromX = reach.get(from);
    while (x > fromX && y > fromX - from && x > 0 && y > 0) out.push(["same", a[--x], b[--y]]);
    if (d === 0) break;
    if (from === k + 1) out.push(["new", undefined, b[--y]]);
    else out.push(["gone", a[--x], undefined]);
  }
  return out.reverse();
}

// pair puts lines that were replaced beside those that replace them.
function pair(script) {
  const out = [];
  for (let i = 0; i < script.length; ) {
    if (script[i][0] === "same") {
      out.push(script[i++]);
      continue;
    }
    const gone = [];
    const fresh = [];
    for (; i < script.length && script[i][0] !== "same"; i++) (script[i][0] === "gone" ? gone : fresh).push(script[i]);
    for (let k = 0; k < Math.max(gone.length, fresh.length); k++) {
      if (gone[k] && fresh[k]) out.push(["changed", gone[k][1], fresh[k][2]]);
      else out.push(gone[k] ?? fresh[k]);
    }
  }
  return out;
}
