// The status page: asks for the detailed health every few seconds and lets ages grow in between.

import { byId, el } from "./dom.js";
import { showIngestion } from "./ingestion.js";
import { showOpportunities } from "./opportunities.js";

const HEALTH = "/api/v1/health/detailed";
const ASK_EVERY_MS = 5000;
const NAMES = { binance: "Binance", bybit: "Bybit", okx: "OKX", spot: "Spot", perp: "Perpetual", d1: "Database", kv: "Cache", r2: "History", queues: "Queues", telegram: "Telegram", cmc: "CoinMarketCap" };
const STATES = { ok: "working", degraded: "degraded", rate_limited: "rate limited", unreachable: "unreachable from here", down: "down" };
const MARKETS = {
  synthetic: "This deployment watches a synthetic market: no price on it is real.",
  replay: "This deployment replays a recorded market: no price on it is current.",
};

let health = null;
let askedAt = 0;

function formatAge(ms) {
  if (ms === null) return "none yet";
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  return `${Math.round(seconds / 3600)} h ago`;
}

function renderRow(name, known, grown) {
  const age = known.age_ms === null ? null : known.age_ms + grown;
  const counted = known.quotes ? ` · ${known.quotes} quotes` : "";
  const seen = age === null ? "no answer yet" : `last answer ${formatAge(age)}`;
  const detail = `${seen}${counted}${known.error ? ` · ${known.error}` : ""}`;
  return el("div", { class: "row" },
    el("span", { class: "what" }, NAMES[name] ?? name),
    el("span", { class: `state ${known.state}` }, STATES[known.state] ?? known.state),
    el("span", { class: "when" }, detail));
}

function render() {
  const grown = Date.now() - askedAt;
  const { scan } = health;
  const scanAge = scan.age_ms === null ? null : scan.age_ms + grown;
  byId("facts").replaceChildren(
    el("li", {}, "Last scan ", el("b", {}, formatAge(scanAge))),
    el("li", {}, "Quotes compared ", el("b", {}, scan.instruments.toLocaleString("en"))),
    el("li", {}, "Market ", el("b", {}, health.market_mode)));
  byId("exchanges").replaceChildren(...Object.entries(health.exchanges).map(([exchange, markets]) =>
    el("section", { class: "card", "aria-label": NAMES[exchange] ?? exchange },
      el("h3", {}, NAMES[exchange] ?? exchange),
      ...Object.entries(markets).map(([market, known]) => renderRow(market, known, grown)))));
  byId("dependencies").replaceChildren(...Object.entries(health.dependencies).map(([name, known]) => renderRow(name, known, grown)));
  byId("runs-on").hidden = false;
}

function setOverall(state, text) {
  const overall = byId("overall");
  // A text that stays the same must not be announced again.
  if (overall.textContent === text) return;
  overall.className = `state ${state}`;
  overall.textContent = text;
}

async function ask() {
  try {
    const response = await fetch(HEALTH, { headers: { accept: "application/json" } });
    const body = await response.json();
    if (!body.success) throw new Error(body.error.message);
    health = body.data;
    askedAt = Date.now();
    setOverall(health.status, { ok: "everything works", degraded: "parts are degraded", down: "down" }[health.status]);
    const notice = MARKETS[health.market_mode];
    byId("market").hidden = !notice;
    if (notice && byId("market").textContent !== notice) byId("market").textContent = notice;
    showIngestion(NAMES);
    if (["dev", "test"].includes(health.environment)) await showOpportunities();
  } catch (error) {
    setOverall("down", `no answer: ${error.message}`);
  }
  if (health) render();
}

await ask();
setInterval(() => { if (!document.hidden) ask(); }, ASK_EVERY_MS);
setInterval(() => { if (health && !document.hidden) render(); }, 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
