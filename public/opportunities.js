// Open opportunities with their waterfalls, for the seeded people of a development machine.

import { byId, el } from "./dom.js";

const LIST = "/api/v1/opportunities";
const opened = new Set();

const formatBps = (bps) => `${bps.toFixed(2)} bps`;
// Every digit a part is computed to, so that what is shown sums to the net that is shown.
const formatPart = (bps) => `${bps.toFixed(4)} bps`;

const formatConfidence = ({ p, n, model }) => (p === null ? `confidence not known yet (${n} outcomes)` : `${Math.round(p * 100)} % to last 5 s (n ${n}, ${model})`);

function renderWaterfall(parts) {
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Waterfall" }, el("table", {},
    el("tbody", {}, ...parts.map((part) =>
      el("tr", {}, el("th", { scope: "row" }, part.label), el("td", { class: "number" }, formatPart(part.bps)))))));
}

function renderLeg(leg) {
  const funding = leg.funding ? `, funding ${(leg.funding.rate * 100).toFixed(4)} % every ${leg.funding.interval_h} h on a mark of ${leg.funding.mark}, ${leg.funding.settlements} counted, rate ${leg.funding.age_ms === null ? "of unknown age" : `${(leg.funding.age_ms / 1000).toFixed(1)} s old`}` : "";
  return el("li", {},
    `${leg.side} ${leg.quantity} ${leg.asset}, ${leg.symbol} on ${leg.exchange} ${leg.market} at ${leg.vwap} ${leg.quote} (top ${leg.price}), taker ${leg.fee_bps} bps in ${leg.fee_currency}${funding}; `,
    `${leg.source}, ${leg.mode}, ${(leg.age_ms / 1000).toFixed(1)} s old`);
}

// A cycle stays on one exchange; what matters is the currencies it runs through.
function routeOf(one) {
  if (one.type !== "triangular") return one.legs.map((leg) => leg.exchange).join(" → ");
  const currencies = [one.quote, ...one.legs.map((leg) => (leg.side === "buy" ? leg.asset : leg.quote))];
  return `${one.legs[0].exchange}: ${currencies.join(" → ")}`;
}

function renderOne(one) {
  const node = el("details", { open: opened.has(one.id) },
    el("summary", {}, `${one.asset} · ${one.type.replace("spot_perp", "spot and perpetual").replace("_", " ")} · ${routeOf(one)}`,
      el("span", { class: "net number" }, formatBps(one.net_bps))),
    el("p", { class: "soft" }, `${one.status}, at ${Number(one.size_quote).toFixed(2)} ${one.quote}; room for ${Number(one.capacity_quote).toFixed(0)} ${one.quote}; ${formatConfidence(one.confidence)}`),
    ...(one.needs_inventory ? [el("p", {}, `Only for those who hold ${one.asset} already: the spot leg sells it.`)] : []),
    renderWaterfall(one.waterfall),
    el("ul", {}, ...one.legs.map(renderLeg)));
  node.addEventListener("toggle", () => (node.open ? opened.add(one.id) : opened.delete(one.id)));
  return node;
}

function renderMiss(miss) {
  return el("li", {}, `${miss.asset}: ${miss.legs.join(" → ")}, ${formatBps(miss.net_bps)} after costs; ${miss.explanation}`);
}

// A text that stays the same must not be announced again.
function setMessage(text) {
  if (byId("open-message").textContent !== text) byId("open-message").textContent = text;
}

export async function showOpportunities() {
  byId("open").hidden = false;
  // Whoever reads one with the keyboard keeps their place.
  if (byId("opportunities").contains(document.activeElement)) return;
  const response = await fetch(LIST, { headers: { "x-user-id": byId("person").value } });
  const body = await response.json();
  if (!body.success) {
    setMessage(body.error.message);
    byId("opportunities").replaceChildren();
    return;
  }
  const none = body.meta.scan.age_ms === null ? "No scan has finished yet." : "Nothing is worth it after costs right now.";
  const nearest = body.meta.closest.length ? " Closest:" : "";
  const plan = body.meta.is_premium_included ? "" : "This plan leaves premium opportunities (spot and perpetual, triangular, technical, 50 bps and more) out. ";
  setMessage(body.data.length ? plan : plan + none + nearest);
  byId("opportunities").replaceChildren(...(body.data.length
    ? body.data.map(renderOne)
    : [el("ul", {}, ...body.meta.closest.map(renderMiss))]));
}

byId("person").addEventListener("change", showOpportunities);
