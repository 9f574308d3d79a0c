// Renders Telegram's entities as DOM nodes: nothing of a message is ever parsed as HTML here.

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote", spoiler: "span", date_time: "time",
  text_link: "a", url: "a", mention: "span", hashtag: "span", cashtag: "span", custom_emoji: "span", bot_command: "a",
};
const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);
const SAFE_LINK = /^(https?|tg|mailto|tel):/i;

// Splits a text by its entities, outermost first. Offsets are UTF-16 units, as JavaScript counts too.
export function renderText(text, entities, onCommand) {
  const fragment = document.createDocumentFragment();
  renderRange(fragment, text, 0, text.length, [...(entities || [])].sort((a, b) => a.offset - b.offset || b.length - a.length), onCommand);
  return fragment;
}

function renderRange(parent, text, begin, end, entities, onCommand) {
  let at = begin;
  while (entities.length) {
    const entity = entities.shift();
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    if (to <= from) continue;
    parent.append(text.slice(at, from));
    const inner = [];
    while (entities.length && entities[0].offset < to) inner.push(entities.shift());
    const node = entityNode(entity, text.slice(from, to), onCommand);
    if (entity.type !== "date_time" || !entity.date_time_format) renderRange(node, text, from, to, inner, onCommand);
    parent.append(node);
    // A block ends its line by itself; the line break after it is not another empty line.
    at = BLOCKS.has(entity.type) && text[to] === "\n" ? to + 1 : to;
  }
  parent.append(text.slice(at, end));
}

function entityNode(entity, shown, onCommand) {
  const node = document.createElement(TAGS[entity.type] || "span");
  if (entity.type === "url" || entity.type === "text_link") link(node, entity.url || shown);
  if (["mention", "hashtag", "cashtag"].includes(entity.type)) node.className = "tagged";
  if (entity.type === "pre" && entity.language) node.dataset.language = entity.language;
  if (entity.type === "bot_command") {
    node.href = "#";
    node.addEventListener("click", (event) => { event.preventDefault(); onCommand(shown); });
  }
  if (entity.type === "spoiler") {
    node.className = "spoiler";
    pressable(node, "Hidden text, press to show", () => node.classList.add("shown"));
  }
  if (entity.type === "expandable_blockquote") {
    node.className = "expandable";
    pressable(node, null, () => node.classList.toggle("open"));
  }
  if (entity.type === "date_time") {
    node.dateTime = new Date(entity.unix_time * 1000).toISOString();
    node.dataset.unix = entity.unix_time;
    node.dataset.format = entity.date_time_format || "";
    node.title = new Date(entity.unix_time * 1000).toLocaleString();
    if (entity.date_time_format) node.textContent = formatTime(entity.unix_time, entity.date_time_format, Date.now());
  }
  return node;
}

function link(node, url) {
  if (!SAFE_LINK.test(url)) return;
  Object.assign(node, { href: url, target: "_blank", rel: "noopener noreferrer" });
}

function pressable(node, label, act) {
  node.tabIndex = 0;
  node.role = "button";
  if (label) node.ariaLabel = label;
  node.addEventListener("click", act);
  node.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); } });
}

const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

// tg-time: `r` is relative to now, otherwise any of w (weekday), d or D (date), t or T (time), in the reader's own zone.
export function formatTime(unix, format, nowMs) {
  if (format === "r") {
    const seconds = Math.round(unix - nowMs / 1000);
    const [unit, size] = UNITS.find(([, s]) => Math.abs(seconds) >= s) || UNITS.at(-1);
    return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
  }
  const options = {};
  if (format.includes("w")) options.weekday = format.includes("D") ? "long" : "short";
  if (format.includes("d")) Object.assign(options, { day: "numeric", month: "numeric", year: "2-digit" });
  if (format.includes("D")) Object.assign(options, { day: "numeric", month: "long", year: "numeric" });
  if (/[tT]/.test(format)) Object.assign(options, { hour: "2-digit", minute: "2-digit" });
  if (format.includes("T")) options.second = "2-digit";
  return new Intl.DateTimeFormat(undefined, options).format(unix * 1000);
}

// Keeps relative times true while a message stays on the screen.
export function refreshTimes(root, nowMs) {
  for (const node of root.querySelectorAll('time[data-format="r"]')) {
    const shown = formatTime(Number(node.dataset.unix), "r", nowMs);
    if (node.textContent !== shown) node.textContent = shown;
  }
}
