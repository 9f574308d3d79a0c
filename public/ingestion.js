// The last day of reading the exchanges, a bar an hour: as tall as its slow answers took, coloured by how many came whole.

import { byId, el } from "./dom.js";

const INGESTION = "/api/v1/health/ingestion";
const ASK_EVERY_MS = 60_000;
const SVG = "http://www.w3.org/2000/svg";
const HOURS = 24, HOUR_MS = 3_600_000;
const WIDTH = 240, HEIGHT = 36, STEP = WIDTH / HOURS;
// The tallest bar stands for two seconds, so that feeds and days compare.
const LATENCY_MS_MAX = 2000;
const WELL = 0.99, POOR = 0.9;

let askedAt = 0;

function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function share({ asked, ok }) {
  return asked ? ok / asked : null;
}

function formatShare(part) {
  // Rounded down: what failed once is not 100 %.
  return part === null ? "not asked" : `${(Math.floor(part * 1000) / 10).toFixed(1)} % whole`;
}

function formatMs(ms) {
  return ms === null ? "–" : `${Math.round(ms)} ms`;
}

function drawBar({ at, readings }, since) {
  const part = share(readings);
  const tall = Math.min(1, (readings.latency_ms_p95 ?? LATENCY_MS_MAX) / LATENCY_MS_MAX) * HEIGHT;
  const height = Math.max(2, tall);
  const look = part === null ? "none" : part >= WELL ? "well" : part >= POOR ? "fair" : "poor";
  const title = svg("title", {});
  title.textContent = `${new Date(at).toISOString().slice(11, 16)} UTC: ${formatShare(part)}, p50 ${formatMs(readings.latency_ms_p50)}, p95 ${formatMs(readings.latency_ms_p95)}`;
  const x = ((at - since) / HOUR_MS) * STEP;
  return svg("rect", { x: x + 1, y: HEIGHT - height, width: STEP - 2, height, class: look }, title);
}

function drawFeed(feed, since, names) {
  const { exchange, market, readings, hours } = feed;
  const name = `${names[exchange] ?? exchange} ${(names[market] ?? market).toLowerCase()}`;
  const told = `${formatShare(share(readings))} · p50 ${formatMs(readings.latency_ms_p50)} · p95 ${formatMs(readings.latency_ms_p95)}`;
  const chart = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "hours", role: "img", "aria-label": `${name}, hour by hour: ${told}` },
    svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }), ...hours.map((hour) => drawBar(hour, since)));
  return el("div", { class: "feed" }, el("span", { class: "what" }, name), el("span", { class: "when" }, told), chart);
}

// Asks at most once a minute, however often it is called; what cannot be read leaves the last picture with its age.
export async function showIngestion(names) {
  if (Date.now() - askedAt < ASK_EVERY_MS) return;
  askedAt = Date.now();
  try {
    const body = await (await fetch(INGESTION, { headers: { accept: "application/json" } })).json();
    if (!body.success || !body.data.feeds.length) return;
    const { feeds, since, mode, age_ms: age } = body.data;
    byId("feeds").replaceChildren(...feeds.map((feed) => drawFeed(feed, since, names)));
    const seconds = age === null ? "no reading yet" : `newest reading ${Math.round(age / 1000)} s old at ${new Date(askedAt).toISOString().slice(11, 19)} UTC`;
    byId("ingestion-origin").textContent = `Counted by this deployment's scans of the ${mode} market; ${seconds}. A bar is an hour, as tall as 95 % of answers took, at most 2 s.`;
    byId("ingestion").hidden = false;
  } catch {
    askedAt = 0;
  }
}
