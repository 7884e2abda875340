
"use strict";
(() => {
  const $ = id => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const S = data.sentences, F = data.frames, D = data.documents;
  const PAGE = 100;
  const STORE = "framecls-review:" + data.key;

  // What the coder made of each sentence: frames by index (null while undecided), borderline, note.
  let work = S.map(() => ({ f: null, b: false, n: "" }));
  let decided = 0, at = 0, dirty = false, keysOn = true;
  const past = [];

  const proposed = i => S[i].frames || null;
  const shown = i => work[i].f || proposed(i) || [];
  const before = i => S[i].before !== undefined ? S[i].before : i && S[i - 1].d === S[i].d ? S[i - 1].text : "";
  const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
  const titles = frames => frames.length ? frames.map(k => F[k].title).join(", ") : "no frame";

  const el = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const readable = color => {
    const [r, g, b] = [1, 3, 5].map(k => {
      const part = parseInt(color.slice(k, k + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#111" : "#fff";
  };
  const paint = (node, k) => {
    node.style.setProperty("--c", F[k].color);
    node.style.setProperty("--on", readable(F[k].color));
    return node;
  };
  const say = (text, aloud = text) => {
    $("message").textContent = text;
    $("message").hidden = !text;
    // The message is a live region itself, and nothing should be read out twice.
    $("live").textContent = aloud === text ? "" : aloud;
  };

  // --- Which sentences, and in what order -------------------------------------------------------------------------

  const filters = [
    ["all", "all sentences", () => true],
    ["undecided", "undecided", i => !work[i].f],
    ["decided", "decided", i => work[i].f],
    ["marked", "borderline or with a note", i => work[i].b || work[i].n],
  ];
  if (data.proposer) {
    filters.push(["changed", `decided otherwise than ${data.proposer}`, i => work[i].f && String(work[i].f) !== String(proposed(i) || [])]);
    filters.push(["any", `${data.proposer} says: any frame`, i => (proposed(i) || []).length > 0]);
    F.forEach((frame, k) => filters.push([`f${k}`, `${data.proposer} says: ${frame.title}`, i => (proposed(i) || []).includes(k)]));
  }
  if (data.doubts && data.proposer) filters.push(["unsure", "the model is unsure", i => S[i].doubt >= 0.5]);

  const inOrder = S.map((_, i) => i);
  const byDoubt = data.doubts ? data.doubts : inOrder;
  let base = inOrder, place = inOrder, matches = new Uint8Array(S.length).fill(1), found = S.length;

  const choose = () => {
    // Taken when it is chosen: a sentence that is decided does not vanish under the coder's eyes.
    const test = filters.find(([name]) => name === $("filter").value)[2];
    found = 0;
    S.forEach((_, i) => { matches[i] = test(i) ? 1 : 0; found += matches[i]; });
    base = $("order").value === "doubt" ? byDoubt : inOrder;
    place = new Int32Array(S.length);
    base.forEach((i, rank) => { place[i] = rank; });
    $("document").disabled = base !== inOrder;
    drawn = "";
  };
  const step = (from, by) => {
    for (let rank = from + by; rank >= 0 && rank < base.length; rank += by) if (matches[base[rank]]) return base[rank];
    return null;
  };

  // --- The list ---------------------------------------------------------------------------------------------------

  let drawn = "", rows = [];
  const chunk = () => {
    const all = base === inOrder ? inOrder.slice(D[S[at].d].first, D[S[at].d].first + D[S[at].d].size) : base.filter(i => matches[i] || i === at);
    const page = Math.floor(all.indexOf(at) / PAGE);
    return { all, page };
  };
  const chips = i => {
    const box = el("span", "chips"), state = work[i];
    for (const k of shown(i)) box.append(paint(el("span", state.f ? "chip" : "chip proposed", F[k].title + (state.f ? "" : "?")), k));
    if (state.f && !state.f.length) box.append(el("span", "chip plain", "no frame"));
    if (state.b) box.append(el("span", "chip plain", "borderline"));
    if (state.n) box.append(el("span", "chip plain", "note"));
    return box;
  };
  const fill = (node, i) => {
    const s = S[i], alone = base !== inOrder;
    node.className = `s ${s.unit || "sentence"}${matches[i] ? "" : " out"}`;
    const tick = el("span", "tick", work[i].f ? "✓" : "");
    tick.setAttribute("aria-hidden", "true");
    const parts = [tick, el("span", "unseen", work[i].f ? "Decided. " : "Undecided. ")];
    if (alone) parts.push(el("span", "place", [D[s.d].id, s.heading].filter(Boolean).join(" · ")));
    else if (s.before !== undefined && s.heading) parts.push(el("span", "place", s.heading));
    const context = alone || s.before !== undefined ? before(i) : "";
    if (context) { const node = el("span", "before", context); node.dir = "auto"; parts.push(node); }
    const text = el("span", "t", s.text);
    text.dir = "auto";
    parts.push(text, chips(i));
    node.replaceChildren(...parts);
    node.toggleAttribute("aria-current", false);
    if (i === at) node.setAttribute("aria-current", "true");
    node.tabIndex = i === at ? 0 : -1;
  };
  const row = i => rows.find(node => Number(node.dataset.i) === i);
  const draw = () => {
    const { all, page } = chunk(), key = `${base === inOrder ? "d" + S[at].d : "doubt"}/${page}`;
    // Undoing may lead to a sentence that the filter leaves out, which then is drawn with the others.
    if (key === drawn && row(at)) return;
    drawn = key;
    const part = all.slice(page * PAGE, (page + 1) * PAGE);
    rows = part.map(i => {
      const node = el("li");
      node.dataset.i = i;
      fill(node, i);
      return node;
    });
    $("list").start = page * PAGE + 1;
    $("list").replaceChildren(...rows);
    const rest = all.length - (page + 1) * PAGE;
    $("earlier").hidden = page === 0;
    $("earlier").textContent = `↑ Earlier ${PAGE} sentences`;
    $("earlier").onclick = () => go(all[(page - 1) * PAGE]);
    $("later").hidden = rest <= 0;
    $("later").textContent = `↓ Later ${plural(Math.min(rest, PAGE), "sentence")}`;
    $("later").onclick = () => go(all[(page + 1) * PAGE]);
  };
  const redraw = () => { drawn = ""; draw(); };

  // --- The panel --------------------------------------------------------------------------------------------------

  const buttons = F.map((frame, k) => {
    const button = paint(el("button", "frame"), k), key = el("kbd", "", k < 9 ? String(k + 1) : "·");
    button.type = "button";
    const bar = el("span", "bar"), line = el("em"), inner = el("i");
    line.append(inner);
    if (frame.threshold !== null) { const mark = el("u"); mark.style.left = 100 * frame.threshold + "%"; line.append(mark); }
    bar.append(line, el("span"));
    button.append(key, el("span", "name", frame.title), el("span", "state"), bar);
    if (frame.question) button.append(el("span", "ask", frame.question));
    button.addEventListener("click", event => { toggle(k); settle(event); });
    return button;
  });
  $("frames").append(...buttons);

  const panel = () => {
    const state = work[at], present = shown(at), percent = S[at].p, file = D[S[at].d];
    buttons.forEach((button, k) => {
      const on = present.includes(k);
      button.setAttribute("aria-pressed", String(on));
      button.classList.toggle("proposed", !state.f);
      const sign = el("b", "", state.f ? "✓" : "?"), word = el("span", "word", state.f ? " present" : " proposed");
      button.querySelector(".state").replaceChildren(...(on ? [sign, word] : []));
      const bar = button.querySelector(".bar");
      bar.hidden = !percent || !$("seen").checked;
      if (percent) {
        bar.querySelector("i").style.width = percent[k] + "%";
        bar.querySelector("em + span").textContent = percent[k] + " %";
      }
    });
    const status = $("status");
    if (state.f) status.replaceChildren(el("b", "", "✓ Decided: " + titles(state.f)));
    else if (proposed(at)) status.replaceChildren(el("b", "", "Undecided"), ` – ${data.proposer} says: ${titles(proposed(at))}`);
    else status.replaceChildren(el("b", "", "Undecided"));
    $("borderline").setAttribute("aria-pressed", String(state.b));
    if ($("note") !== document.activeElement) $("note").value = state.n;
    $("clear").disabled = !state.f;
    $("undo").disabled = !past.length;
    $("where").textContent = base === inOrder ? [`${file.decided} of ${file.size} decided`, file.title || file.id, S[at].heading].filter(Boolean).join(" · ") : `${plural(found, "sentence")}, least certain first`;
    $("document").value = String(S[at].d);
  };
  const counts = () => {
    $("progress").max = S.length;
    $("progress").value = decided;
    $("count").textContent = `${decided.toLocaleString("en")} of ${S.length.toLocaleString("en")} decided${dirty ? " · unsaved" : ""}`;
  };

  const go = (i, keepFocus = false) => {
    const old = row(at);
    at = i;
    draw();
    const now = row(at);
    if (old && old !== now) { old.removeAttribute("aria-current"); old.tabIndex = -1; }
    now.setAttribute("aria-current", "true");
    now.tabIndex = 0;
    panel();
    if (!keepFocus) now.focus({ preventScroll: true });
    now.scrollIntoView({ block: "center" });
  };
  // After a click of the mouse the keys belong to the sentence again; whoever tabs through buttons stays on them.
  const settle = event => { if (event.detail > 0) { const now = row(at); if (now) now.focus({ preventScroll: true }); } };

  // --- Decisions --------------------------------------------------------------------------------------------------

  const apply = changes => {
    const undone = changes.map(([i]) => [i, work[i]]);
    for (const [i, next] of changes) {
      const delta = (next.f ? 1 : 0) - (work[i].f ? 1 : 0);
      decided += delta;
      D[S[i].d].decided += delta;
      work[i] = next;
      const node = row(i);
      if (node) fill(node, i);
    }
    dirty = true;
    store();
    return undone;
  };
  const change = patch => {
    past.push({ at, changes: apply([[at, { ...work[at], ...patch }]]) });
    panel();
    counts();
  };
  const toggle = k => {
    const present = shown(at);
    change({ f: present.includes(k) ? present.filter(one => one !== k) : [...present, k].sort((a, b) => a - b) });
    say("", `${F[k].title} ${work[at].f.includes(k) ? "added" : "removed"}`);
  };
  const confirm = keepFocus => {
    change({ f: [...shown(at)] });
    const done = `Confirmed: ${titles(work[at].f)}. `, next = step(place[at], 1);
    if (next === null) {
      const left = S.length - decided;
      say(left ? `End of the list; ${plural(left, "sentence")} undecided elsewhere.` : "Every sentence is decided. Save your work.", done);
      return;
    }
    go(next, keepFocus);
    say("", done);
  };
  const undo = () => {
    const last = past.pop();
    if (!last) return;
    apply(last.changes);
    go(last.at);
    counts();
    say("", "Undone");
  };
  const noteWritten = () => { if ($("note").value !== work[at].n) change({ n: $("note").value }); };
  const move = (by, keepFocus) => { const next = step(place[at], by); if (next !== null) go(next, keepFocus); };
  const nextUndecided = keepFocus => {
    for (let k = 1; k <= base.length; k++) {
      const i = base[(place[at] + k) % base.length];
      if (!work[i].f) { go(i, keepFocus); return; }
    }
    say("Every sentence is decided. Save your work.");
  };
  const otherDocument = by => {
    const d = S[at].d + by;
    if (base === inOrder && D[d]) openDocument(d);
  };
  const openDocument = d => {
    const first = D[d].first;
    let i = first;
    while (i < first + D[d].size && !matches[i]) i++;
    go(i < first + D[d].size ? i : first);
  };

  // --- Kept in the browser until it is saved ------------------------------------------------------------------------

  const packed = () => {
    const kept = {};
    S.forEach((_, i) => { const { f, b, n } = work[i]; if (f || b || n) kept[i] = [f, b ? 1 : 0, n]; });
    return kept;
  };
  const store = () => {
    if (!$("keep").checked) return;
    try {
      localStorage.setItem(STORE, JSON.stringify({ annotator: $("annotator").value, at, dirty, work: packed() }));
    } catch {
      $("keep").checked = false;
      $("keptnote").textContent = "This browser keeps nothing for this page: save often.";
    }
  };
  const forget = () => {
    try { localStorage.removeItem(STORE); } catch { /* There is nothing to forget where nothing can be kept. */ }
  };
  const restore = () => {
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(STORE)); } catch { return; }
    if (!kept || typeof kept.work !== "object") return;
    const changes = Object.entries(kept.work).filter(([i]) => S[i]).map(([i, [f, b, n]]) => [Number(i), { f, b: Boolean(b), n }]);
    if (!$("annotator").value) $("annotator").value = kept.annotator || "";
    if (S[kept.at]) at = kept.at;
    if (!changes.length) return;
    apply(changes);
    dirty = Boolean(kept.dirty);
    store();
    say(`Went on with ${plural(changes.length, "sentence")} that this browser kept${dirty ? "; they are not saved yet" : ""}.`);
  };

  // --- Saving and loading -------------------------------------------------------------------------------------------

  const lines = annotator => {
    const out = [];
    S.forEach((s, i) => {
      const { f, b, n } = work[i];
      if (!f && !b && !n) return;
      const line = { id: s.id, document_id: D[s.d].id };
      if (s.start !== undefined) line.start = s.start;
      if (s.end !== undefined) line.end = s.end;
      Object.assign(line, { text: s.text, before: before(i), heading: s.heading || "" });
      if (f) line.frames = f.map(k => F[k].name);
      line.annotator = annotator;
      if (b) line.borderline = true;
      if (n) line.note = n;
      if (f && proposed(i)) line.proposed = proposed(i).map(k => F[k].name);
      if (s.inclusion_probability !== undefined) line.inclusion_probability = s.inclusion_probability;
      out.push(JSON.stringify(line) + "\n");
    });
    return out;
  };
  const save = () => {
    noteWritten();
    const annotator = $("annotator").value.trim();
    if (!annotator) { $("name").value = ""; $("namebox").showModal(); return; }
    const out = lines(annotator);
    if (!out.length) { say("Nothing is decided yet, so there is nothing to save."); return; }
    const link = el("a"), address = URL.createObjectURL(new Blob(out, { type: "application/x-ndjson" }));
    const name = `${data.stem}.${annotator.replace(/[^\p{L}\p{N}_-]+/gu, "-")}.jsonl`;
    link.href = address;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    dirty = false;
    store();
    counts();
    say(`Saved ${plural(out.length, "sentence")} as ${name} among your downloads.`);
  };

  class Refusal extends Error {}
  const parse = text => {
    const parsed = [];
    text.split("\n").forEach((line, number) => {
      if (!line.trim()) return;
      let value;
      try { value = JSON.parse(line); } catch { throw new Refusal(`line ${number + 1} is not JSON`); }
      if (typeof value !== "object" || value === null || value.id === undefined) throw new Refusal(`line ${number + 1} has no id`);
      if (value.frames !== undefined && value.frames !== null) {
        if (!Array.isArray(value.frames)) throw new Refusal(`the frames of line ${number + 1} are no list`);
        const unknown = value.frames.find(name => !F.some(frame => frame.name === name));
        if (unknown !== undefined) throw new Refusal(`line ${number + 1} has the frame “${unknown}”, which this page does not know`);
      }
      parsed.push(value);
    });
    return parsed;
  };
  const load = (text, file) => {
    let parsed = parse(text);
    const names = [...new Set(parsed.map(line => line.annotator || ""))], own = $("annotator").value.trim();
    if (names.length > 1) {
      if (!names.includes(own)) throw new Refusal(`it holds codings of ${names.map(name => name || "nobody").join(", ")}; write one of these names as the coder and load it again`);
      parsed = parsed.filter(line => (line.annotator || "") === own);
    }
    const known = new Map(S.map((s, i) => [s.id, i])), changes = [];
    let strange = 0;
    for (const line of parsed) {
      const i = known.get(String(line.id));
      if (i === undefined || (line.text !== undefined && line.text !== S[i].text)) { strange++; continue; }
      const f = line.frames ? F.map((_, k) => k).filter(k => line.frames.includes(F[k].name)) : null;
      changes.push([i, { f, b: Boolean(line.borderline), n: String(line.note || "") }]);
    }
    if (changes.length) {
      const unsaved = dirty;
      past.push({ at, changes: apply(changes) });
      dirty = unsaved;
      store();
      if (!own && names.length === 1) $("annotator").value = names[0];
      panel();
      counts();
    }
    const left = strange ? `; ${plural(strange, "line")} of other sentences or other texts left out` : "";
    say(`Loaded ${plural(changes.length, "sentence")} of ${file}${left}.`);
  };

  // --- Wiring -------------------------------------------------------------------------------------------------------

  const open = id => { $(id).showModal(); $(id).scrollTop = 0; };
  const togglePercent = () => { if (S.some(s => s.p)) { $("seen").checked = !$("seen").checked; panel(); } };
  const acts = {
    j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
    " ": () => confirm(), Enter: () => confirm(), u: undo, n: () => nextUndecided(), x: () => { if (work[at].f) change({ f: null }); },
    b: () => { change({ b: !work[at].b }); say("", work[at].b ? "Borderline" : "Not borderline"); },
    m: () => $("note").focus(), p: togglePercent, d: () => open("bookbox"), s: save, "?": () => open("helpbox"),
    "[": () => otherDocument(-1), "]": () => otherDocument(1),
  };
  document.addEventListener("keydown", event => {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key === "s") { event.preventDefault(); save(); return; }
    const on = event.target;
    if (event.key === "Escape" && on.matches("textarea, input, select")) { row(at).focus({ preventScroll: true }); return; }
    if (!keysOn || event.ctrlKey || event.metaKey || event.altKey || on.matches("textarea, input, select")) return;
    if ((event.key === " " || event.key === "Enter") && on.closest("button, label")) return;
    const digit = /^[1-9]$/.test(event.key) ? event.key : (/^(?:Digit|Numpad)([1-9])$/.exec(event.code) || [])[1];
    const act = Object.hasOwn(acts, event.key) ? acts[event.key] : acts[event.key.toLowerCase()];
    if (act) { event.preventDefault(); act(); }
    else if (digit && Number(digit) <= F.length && !event.shiftKey) { event.preventDefault(); toggle(Number(digit) - 1); }
  });
  $("list").addEventListener("click", event => {
    const node = event.target.closest(".s");
    // Whoever marks words with the mouse wants them marked.
    if (node && getSelection().isCollapsed) go(Number(node.dataset.i));
  });
  const press = (id, act) => $(id).addEventListener("click", event => { act(event.detail === 0); settle(event); });
  press("previous", kept => move(-1, kept));
  press("next", kept => move(1, kept));
  press("confirm", kept => confirm(kept));
  press("undecided", kept => nextUndecided(kept));
  press("borderline", acts.b);
  press("clear", acts.x);
  press("undo", undo);
  $("note").addEventListener("input", () => { dirty = true; });
  $("note").addEventListener("change", noteWritten);
  $("annotator").addEventListener("change", store);
  $("seen").addEventListener("change", panel);
  $("document").addEventListener("change", () => openDocument(Number($("document").value)));
  for (const id of ["filter", "order"]) $(id).addEventListener("change", () => {
    choose();
    $("empty").hidden = found > 0;
    if (found && !matches[at]) { const next = step(place[at], 1); at = next !== null ? next : step(place[at], -1); }
    redraw();
    go(at, true);
    say("", `${plural(found, "sentence")}`);
  });
  $("options").addEventListener("click", () => {
    $("options").setAttribute("aria-expanded", String($("tools").classList.toggle("open")));
    row(at).scrollIntoView({ block: "nearest" });
  });
  $("codebook").addEventListener("click", () => open("bookbox"));
  $("help").addEventListener("click", () => open("helpbox"));
  $("save").addEventListener("click", save);
  $("keys").addEventListener("change", () => { keysOn = $("keys").checked; });
  for (const button of document.querySelectorAll("dialog .close")) button.addEventListener("click", () => button.closest("dialog").close());
  const nameGiven = () => {
    if (!$("name").value.trim()) { $("name").focus(); return; }
    $("annotator").value = $("name").value.trim();
    $("namebox").close();
    save();
  };
  $("named").addEventListener("click", nameGiven);
  $("name").addEventListener("keydown", event => { if (event.key === "Enter") nameGiven(); });
  $("load").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", async () => {
    const [file] = $("file").files;
    if (!file) return;
    try {
      load(await file.text(), file.name);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      say(`${file.name} was not loaded: ${error.message}.`);
    }
    $("file").value = "";
  });
  $("keep").addEventListener("change", () => { if ($("keep").checked) store(); else forget(); });
  $("forget").addEventListener("click", () => {
    forget();
    $("keep").checked = false;
    say("This browser has forgotten this page’s work, and keeps none from now on. What is on the screen is still here: save it.");
  });
  addEventListener("pagehide", noteWritten);
  addEventListener("beforeunload", event => { if (dirty) { event.preventDefault(); event.returnValue = ""; } });

  // --- Start --------------------------------------------------------------------------------------------------------

  D.forEach((one, d) => { one.decided = 0; $("document").append(new Option(one.title || one.id, d)); });
  filters.forEach(([name, text]) => $("filter").append(new Option(text, name)));
  $("order").append(new Option("as in the documents", "document"));
  if (data.doubts) $("order").append(new Option("least certain first", "doubt"));
  $("order").value = data.doubts && data.order === "doubt" ? "doubt" : "document";
  $("order").closest("label").hidden = !data.doubts;
  $("seenlabel").hidden = !S.some(s => s.p);
  for (const section of document.querySelectorAll("section[data-frame]")) paint(section, Number(section.dataset.frame));
  $("annotator").value = data.annotator;
  restore();
  choose();
  if ($("order").value === "doubt" && !decided) at = base[0];
  go(at);
  counts();
})();
