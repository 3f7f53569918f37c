"use strict";
// Data reaches the page through textContent alone; nothing that a model or a data set wrote is ever read as HTML.
const byId = id => document.getElementById(id);

function make(tag, text, attributes) {
  const element = document.createElement(tag);
  if (text !== undefined && text !== null) element.textContent = text;
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  return element;
}

// --- values on hover -----------------------------------------------------------------------------
(function tips() {
  const tip = make("div", "", { id: "tip", role: "presentation" });
  tip.hidden = true;
  document.body.append(tip);
  document.addEventListener("pointermove", event => {
    const mark = event.target.closest?.("[data-tip]");
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = mark.dataset.tip;
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8)) + "px";
    tip.style.top = (event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 10 : event.clientY + 18) + "px";
  });
})();

function ready(part) {
  for (const title of part.querySelectorAll("svg .mark > title")) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  part.querySelectorAll("table.sortable").forEach(sortable);
}

// --- tables that sort ----------------------------------------------------------------------------
function sortable(table) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = make("button", head.textContent, { type: "button" });
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = row => row.cells[column].dataset.value ?? row.cells[column].textContent;
      const compare = new Intl.Collator(undefined, { numeric: true }).compare;
      const number = [...table.tBodies[0].rows].every(row => row.cells[column].dataset.value !== undefined);
      const rows = [...table.tBodies[0].rows].sort((a, b) => number ? key(a) - key(b) : compare(key(a), key(b)));
      table.tBodies[0].append(...(down ? rows.reverse() : rows));
    });
  });
}

// --- parts that become elements when they are shown ---
// A long folded part stands in a noscript element, which is one text here. The text is the writer's of this file: every
// value in it is escaped as in the rest of the page.
function fill(part) {
  for (const later of part.querySelectorAll("noscript")) {
    const made = make("template");
    made.innerHTML = later.textContent;
    ready(made.content);
    later.replaceWith(made.content);
  }
}
const narrow = matchMedia("(max-width: 40rem)");
const fit = () => { if (narrow.matches) document.querySelectorAll(".on-narrow").forEach(fill); };
narrow.addEventListener("change", fit);
addEventListener("toggle", e => { if (e.target.open) fill(e.target); }, true);
ready(document);
fit();

// --- links to a folded candidate, and folded parts on paper ---
function unfold() {
  const target = location.hash.startsWith("#candidate-") ? byId(decodeURIComponent(location.hash.slice(1))) : null;
  if (target instanceof HTMLDetailsElement) { fill(target); target.open = true; target.scrollIntoView(); }
}
addEventListener("hashchange", unfold);
unfold();
addEventListener("beforeprint", () => { for (const part of document.querySelectorAll("details.candidate")) { fill(part); part.open = true; } });

// --- the item browser ----------------------------------------------------------------------------
(function browser() {
  const source = byId("items-data");
  if (!source) return;
  const { words, tasks, candidates } = JSON.parse(source.textContent);
  const pageSize = 50, outcomes = ["gained", "lost", "right", "wrong", "unscored"];
  const signs = { gained: "▲", lost: "▼", right: "✓", wrong: "✗", unscored: "?" };
  const colours = { gained: "gain", lost: "loss", right: "none", wrong: "none", unscored: "open" };
  const items = tasks.flatMap((task, b) => task.items.map((row, at) => read(task, b, row, at)));
  const state = { candidate: byId("f-candidate") ? candidates[0] : "", task: "", outcome: "", group: "", cluster: "", text: "", sort: "", down: false, page: 0, open: null };
  const collator = new Intl.Collator(undefined, { numeric: true });
  let shown = [];

  function read(task, order, [id, cluster, group, input, target, prompt, options, ...sides], at) {
    const [before, ...tuned] = sides;
    const outcomes = tuned.map(after => before[0] === null || after[0] === null ? "unscored"
      : after[0] > before[0] ? "gained" : after[0] < before[0] ? "lost" : after[0] >= 1 ? "right" : "wrong");
    return { task, order, at, id, cluster, group, input, target, prompt, options, sides, outcomes, outcome: outcomes[0] };
  }

  // Lower-cased once, when it is first searched.
  const haystack = item => item.text ??= [item.id, item.cluster, item.group, item.input, item.target,
    ...item.sides.flatMap(side => side.slice(1, 5))].filter(t => typeof t === "string").join("\n").toLowerCase();

  const matches = (item, without) =>
    (without === "task" || !state.task || item.task.name === state.task)
    && (without === "outcome" || !state.outcome || item.outcome === state.outcome)
    && (without === "group" || !state.group || item.group === state.group)
    && (without === "cluster" || !state.cluster || item.cluster === state.cluster)
    && state.text.split(/\s+/).every(word => !word || haystack(item).includes(word));

  function sorted(list) {
    const key = { outcome: i => outcomes.indexOf(i.outcome), id: i => i.id, cluster: i => i.cluster, group: i => i.group, question: i => i.input ?? "" }[state.sort];
    if (!key) return list;
    const sign = state.down ? -1 : 1;
    return list.map(item => [key(item), item])
      .sort(([a, x], [b, y]) => sign * (typeof a === "number" ? a - b : collator.compare(a, b)) || x.order - y.order || x.at - y.at).map(pair => pair[1]);
  }

  function options(select, values, chosen) {
    select.replaceChildren(make("option", words.all, { value: "" }), ...values.map(value => make("option", value, { value })));
    select.value = values.includes(chosen) ? chosen : "";
    return select.value;
  }

  const distinct = (field, without) => [...new Set(items.filter(i => !state.task || i.task.name === state.task)
    .filter(i => without || !state.group || i.group === state.group).map(i => i[field]))].filter(Boolean).sort(collator.compare);

  // The outcome of an item is that of the chosen candidate against the base.
  function choose(candidate) {
    const at = Math.max(0, candidates.indexOf(candidate));
    if (byId("f-candidate")) byId("f-candidate").value = state.candidate = candidates[at];
    for (const item of items) item.outcome = item.outcomes[at];
  }

  function refresh(keepPage) {
    state.group = options(byId("f-group"), distinct("group", true), state.group);
    state.cluster = options(byId("f-cluster"), distinct("cluster", false), state.cluster);
    byId("f-task").value = state.task;
    const base = items.filter(item => matches(item, "outcome"));
    for (const button of byId("f-outcome").querySelectorAll("button")) {
      const outcome = button.dataset.outcome, count = outcome ? base.filter(i => i.outcome === outcome).length : base.length;
      button.textContent = `${signs[outcome] ?? ""} ${words[outcome || "all"]} ${count.toLocaleString(document.documentElement.lang)}`.trim();
      button.setAttribute("aria-pressed", String(state.outcome === outcome));
      button.hidden = outcome === "unscored" && count === 0;
    }
    shown = sorted(base.filter(item => !state.outcome || item.outcome === state.outcome));
    if (!keepPage) state.page = 0;
    page();
  }

  function page(focus) {
    const pages = Math.max(1, Math.ceil(shown.length / pageSize));
    state.page = Math.max(0, Math.min(state.page, pages - 1));
    const rows = shown.slice(state.page * pageSize, (state.page + 1) * pageSize).map(row);
    byId("rows").tBodies[0].replaceChildren(...rows);
    byId("count").textContent = shown.length === 0 ? words.nothing
      : words.count.replace("{0}", state.page * pageSize + 1).replace("{1}", state.page * pageSize + rows.length).replace("{2}", shown.length.toLocaleString(document.documentElement.lang));
    byId("previous").disabled = state.page === 0;
    byId("next").disabled = state.page >= pages - 1;
    for (const head of byId("rows").tHead.rows[0].cells) {
      if (head.dataset.sort === state.sort) head.setAttribute("aria-sort", state.down ? "descending" : "ascending"); else head.removeAttribute("aria-sort");
    }
    const first = rows.find(r => r.item === state.open) ?? rows[focus === "last" ? rows.length - 1 : 0];
    if (first) { first.tabIndex = 0; if (focus) first.focus(); }
  }

  function row(item) {
    const tr = make("tr", null, { tabindex: "-1", "aria-selected": String(item === state.open) });
    const first = make("td");
    first.append(make("span", `${signs[item.outcome]} ${words[item.outcome]}`, { class: `status ${colours[item.outcome]}` }));
    tr.append(first, make("td", item.id), make("td", item.cluster), make("td", item.group), make("td", item.input ?? item.target));
    tr.item = item;
    tr.addEventListener("click", () => open(item, tr));
    return tr;
  }

  function open(item, tr) {
    state.open = item;
    for (const other of byId("rows").tBodies[0].rows) { other.setAttribute("aria-selected", String(other === tr)); other.tabIndex = other === tr ? 0 : -1; }
    const panel = byId("item"), head = make("header"), close = make("button", words.close, { type: "button" });
    close.addEventListener("click", shut);
    head.append(make("h3", `${item.task.name} ${item.id}`), make("span", `${signs[item.outcome]} ${words[item.outcome]}`, { class: `status ${colours[item.outcome]}` }), close);
    const two = make("div", null, { class: "two" });
    two.append(...item.sides.map((each, i) => side(item, i === 0 ? words.before : candidates.length > 1 ? candidates[i - 1] : words.after, each)));
    panel.replaceChildren(head, make("p", [item.cluster, item.group].filter(Boolean).join(" · "), { class: "soft" }),
      ...(item.input ? [make("h3", words.question), make("pre", questionOf(item))] : []), ...(item.prompt ? [folded(words.prompt, item.prompt)] : []), make("h3", words.target), code(item.target), two);
    panel.hidden = false;
    panel.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  }

  // The options of a question that is answered by letter stand in the prompt only, behind the question.
  function questionOf({ input, prompt, options }) {
    const place = options?.every(o => o.trim().length < 2) ? prompt?.lastIndexOf(input) ?? -1 : -1;
    return place < 0 ? input : prompt.slice(place);
  }

  function shut() {
    byId("item").hidden = true;
    const tr = [...byId("rows").tBodies[0].rows].find(r => r.item === state.open);
    (tr ?? byId("f-text")).focus();
  }

  function side(item, name, [score, prediction, output, verdict, reason, likelihoods, tokens, finish]) {
    const box = make("section"), sign = score === null ? "?" : score >= 1 ? "✓" : "✗";
    box.append(make("h3", `${name}: ${sign} ${[verdict, score !== null && score !== 0 && score !== 1 ? score.toFixed(3) : ""].filter(Boolean).join(" ")}`));
    if (reason) box.append(make("p", reason));
    box.append(prediction ? code(prediction) : make("p", words.empty, { class: "soft" }));
    if (likelihoods) box.append(choices(likelihoods, item));
    if (output && output !== prediction) {
      const length = tokens ? ` (${tokens} ${words.tokens}${finish === "length" ? ", " + words.cut : ""})` : "";
      box.append(folded(words.output + length, output));
    }
    return box;
  }

  function folded(title, text) {
    const details = make("details");
    details.append(make("summary", title), make("pre", text));
    return details;
  }

  // Probabilities among the choices, from their log-likelihoods.
  function choices(likelihoods, { options, target }) {
    const most = Math.max(...likelihoods), weights = likelihoods.map(l => Math.exp(l - most)), sum = weights.reduce((a, b) => a + b, 0);
    const list = make("ul", null, { class: "options" });
    weights.forEach((weight, i) => {
      const letter = String.fromCharCode(65 + i), text = (options?.[i] ?? letter).trim(), share = weight / sum, line = make("li");
      const label = `${text === letter ? letter : `${letter}: ${text}`} ${(share * 100).toFixed(1)}% ${letter === target || text === target ? "← " + words.target.toLowerCase() : ""}`;
      line.append(make("meter", null, { value: share.toFixed(4), min: "0", max: "1", "aria-label": label }), ` ${label}`);
      list.append(line);
    });
    return list;
  }

  const keyword = /\b(select|distinct|from|join|left|inner|outer|on|as|where|and|or|not|in|like|between|is|null|group|by|having|order|limit|offset|asc|desc|union|all|intersect|except|exists|case|when|then|else|end|with|count|sum|avg|min|max)\b/gi;
  function code(text) {
    const block = make("pre", null, { class: "sql" });
    if (!/^\s*(select|with)\b/i.test(text)) { block.textContent = text; return block; }
    let last = 0;
    for (const match of text.matchAll(keyword)) {
      block.append(text.slice(last, match.index), make("b", match[0]));
      last = match.index + match[0].length;
    }
    block.append(text.slice(last));
    return block;
  }

  // --- controls, keyboard, links ---
  const set = (changes, keepPage) => { Object.assign(state, changes); refresh(keepPage); };
  byId("f-candidate")?.addEventListener("change", e => { choose(e.target.value); set({}); });
  byId("f-task").addEventListener("change", e => set({ task: e.target.value, group: "", cluster: "" }));
  byId("f-group").addEventListener("change", e => set({ group: e.target.value }));
  byId("f-cluster").addEventListener("change", e => set({ cluster: e.target.value }));
  let waiting;
  byId("f-text").addEventListener("input", e => { clearTimeout(waiting); waiting = setTimeout(() => set({ text: e.target.value.toLowerCase() }), 120); });
  byId("f-outcome").addEventListener("click", e => { const button = e.target.closest("button"); if (button) set({ outcome: button.dataset.outcome }); });
  byId("previous").addEventListener("click", () => { state.page--; page(); });
  byId("next").addEventListener("click", () => { state.page++; page(); });
  byId("clear").addEventListener("click", () => { byId("f-text").value = ""; set({ task: "", outcome: "", group: "", cluster: "", text: "", sort: "", down: false }); });
  byId("rows").tHead.addEventListener("click", e => {
    const head = e.target.closest("th");
    if (head) set({ sort: head.dataset.sort, down: state.sort === head.dataset.sort && !state.down });
  });
  byId("rows").tBodies[0].addEventListener("keydown", e => {
    const tr = e.target.closest("tr"), move = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (move) {
      e.preventDefault();
      const next = move > 0 ? tr.nextElementSibling : tr.previousElementSibling;
      if (next) { tr.tabIndex = -1; next.tabIndex = 0; next.focus(); }
    } else if (e.key === "PageDown" || e.key === "PageUp") {
      e.preventDefault();
      state.page += e.key === "PageDown" ? 1 : -1;
      page("first");
    } else if (e.key === "Enter" || e.key === " ") {
      e.preventDefault();
      open(tr.item, tr);
    }
  });
  byId("item").addEventListener("keydown", e => { if (e.key === "Escape") shut(); });
  document.addEventListener("keydown", e => {
    if (e.key !== "/" || /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
    e.preventDefault();
    byId("f-text").focus();
  });
  // Numbers in the tables are links into the browser: #items?task=spider&outcome=lost
  function follow() {
    if (!location.hash.startsWith("#items?")) return;
    const wanted = new URLSearchParams(location.hash.slice(7)), one = name => wanted.get(name) ?? "";
    byId("f-text").value = "";
    choose(one("candidate"));
    set({ task: one("task"), outcome: one("outcome"), group: one("group"), cluster: one("cluster"), text: "" });
    byId("items").scrollIntoView();
    byId("f-outcome").querySelector("[aria-pressed=true]")?.focus({ preventScroll: true });
  }
  addEventListener("hashchange", follow);
  document.addEventListener("click", e => { const link = e.target.closest?.("a[href^='#items?']"); if (link && link.getAttribute("href") === location.hash) follow(); });
  choose(new URLSearchParams(byId("comparison").querySelector("a[href^='#items?']")?.getAttribute("href").slice(7)).get("candidate"));
  // What has changed is what a reader looks for; where nothing has, everything is shown.
  const lost = items.some(i => i.outcome === "lost");
  set({ outcome: lost ? "lost" : items.some(i => i.outcome === "gained") ? "gained" : "" });
  byId("browser").hidden = false;
  const number = n => n.toLocaleString(document.documentElement.lang);
  byId("bounded").textContent = tasks.filter(b => b.items.length < b.all)
    .map(b => words.bounded.replace("{0}", number(b.items.length)).replace("{1}", number(b.all)).replace("{2}", b.name)).join(" ");
  byId("bounded").hidden = byId("bounded").textContent === "";
  follow();
})();
