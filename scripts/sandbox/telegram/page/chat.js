// The chat page: keeps one person's view in step with the sandbox and sends what that person does.
import { refreshTimes } from "/chat/assets/format.js";
import { bubble, clock, element, keyLine, tint } from "/chat/assets/message.js";

const $ = (id) => document.getElementById(id);
const FALLBACK_COMMANDS = [{ command: "start", description: "Begin" }, { command: "help", description: "What the bot can do" }];
const FIRST_PERSON = 123456789;
const PHONE_PX = 760;
const AT_END_PX = 80;
const TOAST_MS = 3500;
const BANNER_MS = 6000;

const state = { user: 0, chat: 0, rev: -1, view: null, roster: [], nodes: new Map(), pending: new Map(), replyTo: null, offset: 0, fresh: 0, picked: -1 };
let running = null;

async function post(path, body) {
  const answer = await fetch(`/chat/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const result = await answer.json();
  if (!answer.ok) throw new Error(result.error || answer.statusText);
  return result;
}

const hooks = { say, tap, copy: (text) => act(navigator.clipboard.writeText(text).then(() => toast("Copied"))) };
const act = (promise) => promise.catch((error) => toast(error.message));
const who = () => ({ user_id: state.user, chat_id: state.chat });

// -- which chat is open: the address says it, `#person` or `#person/group` ---------------------------------------

function route() {
  const [user, chat] = location.hash.slice(1).split("/").map(Number);
  if (!user && innerWidth > PHONE_PX) return open(state.user || FIRST_PERSON, state.chat || FIRST_PERSON);
  document.body.dataset.view = user ? "chat" : "list";
  const next = { user: user || state.user || 0, chat: chat || user || state.chat || 0 };
  if (next.user === state.user && next.chat === state.chat && running) return;
  Object.assign(state, next, { rev: -1, view: null, replyTo: null, fresh: 0 });
  state.nodes.clear();
  state.pending.clear();
  $("messages").replaceChildren();
  watch();
}

function open(user, chat) {
  location.hash = chat > 0 ? `${user}` : `${user}/${chat}`;
}

async function watch() {
  running?.abort();
  const control = (running = new AbortController());
  while (!control.signal.aborted) {
    try {
      const query = new URLSearchParams({ user_id: state.user || FIRST_PERSON, chat_id: state.chat || FIRST_PERSON, since: state.rev });
      const answer = await fetch(`/chat/feed?${query}`, { signal: control.signal });
      if (answer.status === 400) { location.hash = ""; state.user = state.chat = 0; state.rev = -1; }
      if (!answer.ok) throw new Error(answer.statusText);
      const news = await answer.json();
      if (control.signal.aborted) return;
      $("offline").hidden = true;
      apply(news);
    } catch (error) {
      if (control.signal.aborted) return;
      $("offline").hidden = false;
      await new Promise((resume) => setTimeout(resume, 1000));
    }
  }
}

function apply(news) {
  state.offset = news.now - Date.now();
  if (news.rev < state.rev) state.rev = -1;
  if (!news.chat) return showTyping();
  const first = state.rev < 0;
  state.rev = news.rev;
  announce(news.roster, first);
  state.roster = news.roster;
  state.view = news.chat;
  news.toasts.forEach(answered);
  drawRoster();
  drawHead();
  drawMessages(first);
  drawComposer();
  markRead();
}

// -- the list of conversations -----------------------------------------------------------------------------------

function avatar(entry) {
  const node = element("span", `avatar ${entry.group ? "c4" : tint(entry.chat_id)}`, [...entry.name][0] || "?");
  node.ariaHidden = "true";
  return node;
}

function drawRoster() {
  const rows = state.roster.map((entry) => {
    const row = element("li");
    const button = element("button", "row");
    const selected = entry.chat_id === state.chat;
    if (selected) button.setAttribute("aria-current", "true");
    button.dataset.chat = entry.chat_id;
    button.addEventListener("click", () => open(entry.group ? state.user || state.roster[0].chat_id : entry.chat_id, entry.chat_id));
    const lines = element("span", "lines");
    const name = element("span", "name");
    name.append(element("b", "", entry.name), element("span", `chip ${entry.note}`, entry.note));
    lines.append(name, element("span", "last", entry.last || (entry.group ? "No messages yet" : "Has not written yet")));
    const side = element("span", "side");
    side.append(element("span", "time", entry.last_date ? clock(entry.last_date) : ""));
    if (entry.unread && !(selected && visible())) {
      const badge = element("span", "badge", entry.unread > 99 ? "99+" : entry.unread);
      badge.ariaLabel = `${entry.unread} unread`;
      side.append(badge);
    }
    button.append(avatar(entry), lines, side);
    row.append(button);
    return row;
  });
  const focused = document.activeElement?.dataset?.chat;
  $("roster").replaceChildren(...rows);
  if (focused) document.querySelector(`[data-chat="${focused}"]`)?.focus();
  const elsewhere = state.roster.filter((e) => e.chat_id !== state.chat).reduce((sum, e) => sum + e.unread, 0);
  count($("back-badge"), elsewhere);
  document.title = elsewhere ? `(${elsewhere}) ArbEdge chat` : "ArbEdge chat";
}

function count(node, number) {
  node.hidden = !number;
  node.textContent = number > 99 ? "99+" : number;
}

// A message that arrives in another conversation says so at the edge of the screen.
function announce(roster, first) {
  if (first) return;
  for (const entry of roster) {
    const before = state.roster.find((e) => e.chat_id === entry.chat_id);
    if (entry.chat_id === state.chat || !before || entry.unread <= before.unread) continue;
    const banner = element("button", "banner");
    const lines = element("span", "lines");
    lines.append(element("b", "", `ArbEdge to ${entry.name}`), element("span", "last", entry.last));
    banner.append(avatar(entry), lines);
    banner.addEventListener("click", () => { banner.remove(); open(entry.group ? state.user : entry.chat_id, entry.chat_id); });
    $("banners").replaceChildren(...[...$("banners").children].slice(-2), banner);
    setTimeout(() => banner.remove(), BANNER_MS);
  }
}

function drawHead() {
  const group = state.view.group;
  $("chat-title").textContent = state.view.title;
  $("chat-avatar").hidden = false;
  $("block").hidden = group;
  $("block").setAttribute("aria-pressed", state.view.blocked);
  const people = state.roster.filter((e) => !e.group);
  $("speaker").replaceChildren(...people.map((e) => new Option(`${e.name} · ${e.note}`, e.chat_id, false, e.chat_id === state.user)));
  showTyping();
}

function showTyping() {
  if (!state.view) return;
  const typing = state.view.typing_until > Date.now() + state.offset;
  $("chat-subtitle").textContent = typing ? "typing…" : state.view.group ? `${state.view.members} members` : "bot";
  $("chat-subtitle").classList.toggle("typing", typing);
}

// -- messages ----------------------------------------------------------------------------------------------------

const keyOf = (m) => (m.ephemeral ? `e${m.ephemeral_message_id}` : `${m.message_id}`);
const dayOf = (m) => new Date(m.date * 1000).toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" });
const atEnd = () => $("scroller").scrollHeight - $("scroller").scrollTop - $("scroller").clientHeight < AT_END_PX;
const visible = () => document.visibilityState === "visible" && (innerWidth > PHONE_PX || document.body.dataset.view === "chat");

function drawMessages(first) {
  const list = $("messages");
  const stick = first || atEnd();
  const kept = new Set();
  let previous = null;
  let day = "";
  for (const message of state.view.messages) {
    if (dayOf(message) !== day) {
      day = dayOf(message);
      previous = place(list, previous, kept, `d${day}`, 0, () => element("li", "day", day));
    }
    const known = state.nodes.get(keyOf(message));
    previous = place(list, previous, kept, keyOf(message), message.rev, () => bubble(message, known, state.user, state.view.group, hooks));
    if (!known && !first && message.from?.is_bot && !stick) state.fresh += 1;
  }
  for (const [key, { node }] of state.nodes) {
    if (!kept.has(key)) { node.remove(); state.nodes.delete(key); }
  }
  if (stick) toEnd(first ? "instant" : "smooth");
  $("empty").hidden = state.view.messages.length > 0;
  updateToEnd();
}

// Puts a node after `previous`, making it anew only when its revision changed.
function place(list, previous, kept, key, rev, make) {
  kept.add(key);
  const known = state.nodes.get(key);
  let node = known?.node;
  if (!known || known.rev !== rev) {
    node = make();
    known?.node.replaceWith(node);
    state.nodes.set(key, { node, rev });
  }
  const expected = previous ? previous.nextSibling : list.firstChild;
  if (expected !== node) list.insertBefore(node, expected);
  return node;
}

async function tap(node, message, data) {
  node.classList.add("busy");
  setTimeout(() => node.classList.remove("busy"), 10_000);
  const where = message.ephemeral ? { ephemeral_message_id: message.ephemeral_message_id } : { message_id: message.message_id };
  const result = await act(post("tap", { ...who(), ...where, data }));
  if (result) state.pending.set(result.callback_query_id, node);
}

function answered(answer) {
  state.pending.get(answer.id)?.classList.remove("busy");
  state.pending.delete(answer.id);
  if (!answer.text) return;
  if (!answer.show_alert) return toast(answer.text);
  $("alert-text").textContent = answer.text;
  if (!$("alert").open) $("alert").showModal();
}

let toastTimer = 0;
function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $("toast").hidden = true; }, TOAST_MS);
}

function toEnd(behavior) {
  $("scroller").scrollTo({ top: $("scroller").scrollHeight, behavior });
}

function updateToEnd() {
  const end = atEnd();
  if (end) state.fresh = 0;
  $("to-end").hidden = end;
  count($("to-end-badge"), state.fresh);
}

function markRead() {
  const newest = Math.max(0, ...state.view.messages.map((m) => m.message_id));
  if (state.user && visible() && newest > state.view.read) act(post("read", { ...who(), message_id: newest }));
}

// -- writing -----------------------------------------------------------------------------------------------------

function say(text) {
  if (!text.trim()) return;
  const reply = state.replyTo ? { reply_to_message_id: state.replyTo } : {};
  state.replyTo = null;
  toEnd("smooth");
  act(post("say", { ...who(), text, ...reply }));
}

function drawComposer() {
  const empty = !state.view.group && state.view.messages.length === 0;
  const forced = state.view.keyboard?.force_reply;
  $("start").hidden = !empty || state.view.blocked;
  $("unblock").hidden = !state.view.blocked;
  $("composer").hidden = state.view.blocked;
  if (forced) state.replyTo = state.view.messages.findLast((m) => m.from?.is_bot)?.message_id ?? null;
  $("reply-bar").hidden = !state.replyTo;
  $("reply-bar").firstElementChild.textContent = "Reply to the bot";
  $("text").placeholder = state.view.keyboard?.input_field_placeholder || "Message";
  const keys = (state.view.keyboard?.keyboard || []).map((row) => keyLine(row, (button) => {
    const node = element("button", `key ${button.style || ""}`, button.text);
    node.addEventListener("click", () => say(button.text));
    return node;
  }));
  $("reply-keyboard").replaceChildren(...keys);
  $("reply-keyboard").hidden = !keys.length;
}

function offerCommands(prefix) {
  const known = state.view?.commands?.length ? state.view.commands : FALLBACK_COMMANDS;
  const offered = prefix === null ? [] : known.filter((c) => c.command.startsWith(prefix.toLowerCase()));
  state.picked = offered.length ? 0 : -1;
  $("commands").replaceChildren(...offered.map((command, index) => {
    const row = element("li", "command");
    row.role = "option";
    row.id = `command-${index}`;
    row.setAttribute("aria-selected", index === 0);
    row.append(element("b", "", `/${command.command}`), element("span", "", command.description));
    row.addEventListener("click", () => pick(row));
    return row;
  }));
  $("commands").hidden = !offered.length;
  $("menu").setAttribute("aria-expanded", offered.length > 0);
}

function pick(row) {
  $("text").value = "";
  offerCommands(null);
  say(row.querySelector("b").textContent);
  $("text").focus();
}

function movePick(step) {
  const rows = [...$("commands").children];
  state.picked = (state.picked + step + rows.length) % rows.length;
  rows.forEach((row, index) => row.setAttribute("aria-selected", index === state.picked));
  rows[state.picked].scrollIntoView({ block: "nearest" });
  $("text").setAttribute("aria-activedescendant", rows[state.picked].id);
}

function grow() {
  $("text").style.height = "auto";
  $("text").style.height = `${Math.min($("text").scrollHeight, 160)}px`;
}

function send() {
  say($("text").value);
  $("text").value = "";
  grow();
  offerCommands(null);
}

$("text").addEventListener("input", () => {
  grow();
  const typed = /^\/([a-z0-9_]*)$/i.exec($("text").value);
  offerCommands(typed ? typed[1] : null);
});
$("text").addEventListener("keydown", (event) => {
  const choosing = !$("commands").hidden;
  if (choosing && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    movePick(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Escape") offerCommands(null);
  else if (choosing && event.key === "Tab") { event.preventDefault(); pick($("commands").children[state.picked]); }
  else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    const row = choosing ? $("commands").children[state.picked] : null;
    if (row && $("text").value !== row.querySelector("b").textContent) pick(row);
    else send();
  }
});
$("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
$("menu").addEventListener("click", () => { offerCommands($("commands").hidden ? "" : null); $("text").focus(); });
$("start").addEventListener("click", () => say("/start"));
$("unblock").addEventListener("click", () => act(post("block", { user_id: state.user, blocked: false })));
$("block").addEventListener("click", () => act(post("block", { user_id: state.user, blocked: !state.view.blocked })));
$("reply-cancel").addEventListener("click", () => { state.replyTo = null; $("reply-bar").hidden = true; });
$("speaker").addEventListener("change", (event) => {
  const user = Number(event.target.value);
  open(user, state.view.group ? state.chat : user);
});
$("stranger-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const result = await act(post("strangers", { name: $("stranger-name").value }));
  $("stranger-name").value = "";
  if (result) open(result.user_id, result.user_id);
});
$("back").addEventListener("click", () => { location.hash = ""; });
$("to-end").addEventListener("click", () => toEnd("smooth"));
$("scroller").addEventListener("scroll", updateToEnd);
document.addEventListener("visibilitychange", () => state.view && markRead());
document.addEventListener("click", (event) => { if (!event.target.closest(".composer")) offerCommands(null); });
setInterval(() => { refreshTimes($("messages"), Date.now() + state.offset); showTyping(); }, 1000);
addEventListener("hashchange", route);
route();
