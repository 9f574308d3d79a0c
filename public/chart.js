// The chart page: candles of one instrument from our own API, drawn as SVG, with who served them and how old they are.

import { byId } from "./dom.js";

const CANDLES = "/api/v1/market/candles";
const HEALTH = "/api/v1/health/detailed";
const ASK_EVERY_MS = 30_000;
const SVG = "http://www.w3.org/2000/svg";
const RIGHT = 62, BOTTOM = 22, TOP = 10;
// Drawn at about the size it is shown, so that its letters are as large as the page's.
const NARROW = { WIDTH: 360, HEIGHT: 300, wanted: 48 };
const WIDE = { WIDTH: 960, HEIGHT: 420, wanted: 120 };
const MODES = { synthetic: "a synthetic market, no real price", replay: "a replayed market, no current price", cached: "read earlier" };

const form = byId("choices");
// Telegram hands the proof of who opened the page over in the part of the address that no server sees.
const signed = new URLSearchParams(location.hash.slice(1)).get("tgWebAppData");
let shown = null;
let askedAt = 0;

function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function readAddress() {
  const query = new URLSearchParams(location.search);
  for (const name of ["exchange", "market", "symbol", "interval"]) {
    const field = form.elements[name];
    const value = query.get(name);
    if (value && (field.tagName !== "SELECT" || [...field.options].some((one) => one.value === value))) field.value = value;
  }
}

function formatAge(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function formatTime(at, interval) {
  const iso = new Date(at).toISOString();
  return interval === "1d" ? iso.slice(0, 10) : `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
}

function formatPrice(price) {
  if (price >= 1000) return price.toFixed(1);
  return String(Number(price.toPrecision(6)));
}

function showOrigin() {
  const { source, age_ms: age, mode, exchange, market } = shown;
  const missing = shown.gaps.reduce((sum, gap) => sum + gap.bars, 0);
  const about = MODES[mode] ? ` (${MODES[mode]})` : "";
  byId("origin").textContent = `${exchange} ${market}, ${source}, ${formatAge(age + Date.now() - askedAt)} old, ${mode}${about}${missing ? `, ${missing} candles missing` : ""}. Times are UTC.`;
}

function draw() {
  const { candles, interval } = shown;
  const { WIDTH, HEIGHT, wanted } = innerWidth < 600 ? NARROW : WIDE;
  const bars = candles.slice(-wanted).map((one) => ({ ...one, o: +one.open, h: +one.high, l: +one.low, c: +one.close }));
  const low = Math.min(...bars.map((bar) => bar.l)), high = Math.max(...bars.map((bar) => bar.h));
  const room = (high - low || high * 0.01) * 0.05;
  const y = (price) => TOP + (1 - (price - low + room) / (high - low + 2 * room || 1)) * (HEIGHT - TOP - BOTTOM);
  const step = (WIDTH - RIGHT) / bars.length;
  const root = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Candles of ${shown.symbol}, ${formatPrice(low)} to ${formatPrice(high)}` });
  for (let line = 0; line <= 4; line += 1) {
    const price = low + ((high - low) * line) / 4;
    root.append(svg("line", { x1: 0, x2: WIDTH - RIGHT, y1: y(price), y2: y(price), class: "grid" }),
      svg("text", { x: WIDTH - RIGHT + 6, y: y(price) + 4, class: "axis" }, formatPrice(price)));
  }
  for (const place of [0, Math.floor(bars.length / 2)]) {
    if (bars[place]) root.append(svg("text", { x: place * step + 2, y: HEIGHT - 6, class: "axis" }, formatTime(bars[place].start, interval)));
  }
  bars.forEach((bar, index) => {
    const x = index * step + step / 2;
    const height = Math.max(1, Math.abs(y(bar.o) - y(bar.c)));
    root.append(svg("g", { class: `${bar.c >= bar.o ? "rise" : "fall"}${bar.is_closed ? "" : " open"}` },
      svg("line", { x1: x, x2: x, y1: y(bar.h), y2: y(bar.l) }),
      svg("rect", { x: x - step * 0.35, width: step * 0.7, y: Math.min(y(bar.o), y(bar.c)), height })));
  });
  const cursor = svg("line", { y1: TOP, y2: HEIGHT - BOTTOM, x1: -9, x2: -9, class: "cursor" });
  root.append(cursor);
  const read = (event) => {
    const box = root.getBoundingClientRect();
    const index = Math.min(bars.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * WIDTH / step)));
    cursor.setAttribute("x1", (index + 0.5) * step);
    cursor.setAttribute("x2", (index + 0.5) * step);
    const bar = bars[index];
    byId("reading").textContent = `${formatTime(bar.start, interval)}  O ${bar.open}  H ${bar.high}  L ${bar.low}  C ${bar.close}${bar.is_closed ? "" : "  under way"}`;
  };
  root.addEventListener("pointermove", read);
  root.addEventListener("pointerdown", read);
  byId("chart").replaceChildren(root);
  const first = bars[0].o, last = bars.at(-1).c, change = (last / first - 1) * 100;
  byId("last").textContent = `${bars.at(-1).close} ${shown.quote}`;
  byId("change").textContent = `${change >= 0 ? "+" : ""}${change.toFixed(2)} % in ${bars.length} candles`;
  byId("change").className = `number ${change >= 0 ? "rise" : "fall"}`;
}

function refuse(text) {
  shown = null;
  byId("figure").hidden = true;
  byId("last").textContent = byId("change").textContent = "";
  byId("origin").textContent = text;
}

async function ask() {
  const wanted = Object.fromEntries(["exchange", "market", "symbol", "interval"].map((name) => [name, form.elements[name].value.trim()]));
  const query = new URLSearchParams({ ...wanted, limit: "120" });
  const headers = signed ? { authorization: `tma ${signed}` } : byId("person-field").hidden ? {} : { "x-user-id": byId("person").value };
  try {
    const response = await fetch(`${CANDLES}?${query}`, { headers });
    const body = await response.json();
    if (!body.success) return refuse(response.status === 401 ? "Open this page from the bot: it shows candles to people it knows." : body.error.message);
    if (!body.data.candles.length) return refuse("The exchange has no candles of this pair yet.");
    shown = body.data;
    askedAt = Date.now();
    byId("title").textContent = `${shown.asset}/${shown.quote} · ${shown.interval}`;
    byId("figure").hidden = false;
    showOrigin();
    draw();
  } catch (error) {
    refuse(`No answer: ${error.message}`);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const query = new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "person"));
  history.replaceState(null, "", `?${query}${location.hash}`);
  ask();
});
form.addEventListener("change", () => form.reportValidity() && form.requestSubmit());

readAddress();
if (!signed) {
  const health = await fetch(HEALTH).then((answer) => answer.json()).catch(() => null);
  byId("person-field").hidden = !["dev", "test"].includes(health?.data?.environment);
}
await ask();
setInterval(() => { if (!document.hidden) ask(); }, ASK_EVERY_MS);
setInterval(() => { if (shown) showOrigin(); }, 1000);
addEventListener("resize", () => shown && draw());
