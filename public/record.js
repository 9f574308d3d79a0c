// The public record: how much of what alerts claimed was there afterwards, and whether stated probabilities were right.

import { byId, el } from "./dom.js";

const RECORD = "/api/v1/public/metrics";
const ASK_EVERY_MS = 60_000;
const STEPS = { after_5s: "+5 s", after_60s: "+60 s", expiry: "at its end" };
const GROUPS = [["all", "All alerts"], ["type", "By type"], ["exchanges", "By exchanges"], ["confidence", "By stated confidence"]];
const SVG = "http://www.w3.org/2000/svg";

const percent = (share) => (share === null ? "none" : `${Math.round(share * 100)} %`);

function draw(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function table(label, head, rows) {
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, el("table", {},
    el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...rows.map(([name, ...cells]) =>
      el("tr", {}, el("th", { scope: "row" }, name), ...cells.map((text) => el("td", { class: "number" }, text)))))));
}

// Stated probability to the right, what happened upwards; on the dashed line both agree. Larger circles: more alerts.
function plotCalibration({ bins, n }) {
  const at = (share) => 34 + share * 270;
  const up = (share) => 300 - share * 270;
  const ticks = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    draw("line", { class: "axis", x1: at(share), y1: up(0), x2: at(share), y2: up(1) }),
    draw("line", { class: "axis", x1: at(0), y1: up(share), x2: at(1), y2: up(share) }),
    draw("text", { x: at(share) - 8, y: 316 }, String(Math.round(share * 100))),
    draw("text", { x: 4, y: up(share) + 4 }, String(Math.round(share * 100))),
  ]);
  const points = bins.map((bin) => draw("circle", {
    class: "point", cx: at(bin.mean_p), cy: up(bin.positive_share), r: 4 + 12 * Math.sqrt(bin.n / n) }));
  return draw("svg", { class: "plot", viewBox: "0 0 320 322", role: "img", "aria-label": "Stated probability against what happened, in percent; the table below has the numbers" },
    ...ticks, draw("line", { class: "ideal", x1: at(0), y1: up(0), x2: at(1), y2: up(1) }), ...points);
}

// A box from quartile to quartile with the median in it, on a scale from -50 % to 150 % of what was claimed.
function plotRealised(rows) {
  const at = (ratio) => 10 + (Math.min(Math.max(ratio, -0.5), 1.5) + 0.5) * 150;
  const height = rows.length * 34 + 24;
  const ticks = [-0.5, 0, 0.5, 1, 1.5].flatMap((ratio) => [
    draw("line", { class: ratio === 1 ? "ideal" : "axis", x1: at(ratio), y1: 4, x2: at(ratio), y2: height - 18 }),
    draw("text", { x: at(ratio) - 10, y: height - 4 }, String(ratio * 100)),
  ]);
  const boxes = rows.flatMap((row, place) => [
    draw("text", { x: 12, y: place * 34 + 14 }, `${STEPS[row.step]} (${row.n})`),
    draw("rect", { class: "box", x: at(row.lower_quartile), y: place * 34 + 18, width: Math.max(2, at(row.upper_quartile) - at(row.lower_quartile)), height: 12 }),
    draw("line", { class: "middle", x1: at(row.median), y1: place * 34 + 16, x2: at(row.median), y2: place * 34 + 32 }),
  ]);
  return draw("svg", { class: "plot", viewBox: `0 0 320 ${height}`, role: "img", "aria-label": "Realised over claimed in percent, middle half of all alerts; the tables below have the numbers" }, ...ticks, ...boxes);
}

function showRealised(record) {
  const shown = record.realised.filter((row) => row.n >= record.outcomes_shown_min);
  if (!shown.length) return null;
  const sorted = (rows) => rows.sort((a, b) => Object.keys(STEPS).indexOf(a.step) - Object.keys(STEPS).indexOf(b.step));
  const tables = GROUPS.map(([grouping, title]) => {
    const rows = sorted(shown.filter((row) => row.grouping === grouping));
    // A group of nothing but "none stated" says again what all alerts say.
    if (rows.every((row) => !row.name)) return [];
    return rows.length ? [el("h3", {}, title), table(title, ["", "median", "middle half", "still > 0", "n", "size gone"], rows.map((row) => [
      `${grouping === "all" ? "" : `${row.name || "none stated"}, `}${STEPS[row.step]}`.replace("_", " "), percent(row.median),
      `${percent(row.lower_quartile)} to ${percent(row.upper_quartile)}`, percent(row.positive_share), String(row.judged), String(row.judged - row.n)]))] : [];
  });
  return el("section", { class: "card" }, el("h3", {}, "Realised of what was claimed"),
    plotRealised(sorted(shown.filter((row) => row.grouping === "all"))), ...tables.flat(),
    el("p", { class: "soft" }, "Where the books no longer held the size there is no figure: it counts as gone in “still > 0”, and is in no median."));
}

function showCalibration(record) {
  const known = record.calibration;
  if (known.n < record.outcomes_shown_min) return null;
  return el("section", { class: "card" }, el("h3", {}, "When we say 80 %, is it 80 %?"), plotCalibration(known),
    table("Reliability", ["stated", "happened", "n"], known.bins.map((bin) => [
      `${percent(bin.low)} to ${percent(bin.high)}`, percent(bin.positive_share), String(bin.n)])),
    el("p", { class: "soft" }, `Brier score ${known.brier.toFixed(3)} over ${known.n} alerts; 0 is perfect.`));
}

// How the model did on outcomes that it had not seen, or how many it takes until there is one.
function showModel({ learning }) {
  const { model } = learning;
  if (!model) return el("section", { class: "card" }, el("h3", {}, "Stated probability"),
    el("p", {}, `Not enough outcomes yet (${learning.n} of ${learning.n_min}): until then no probability is stated.`));
  const judged = model.judgement;
  return el("section", { class: "card" }, el("h3", {}, "The model behind the probability"),
    el("p", {}, `Learned from ${model.n} alerts, judged on the newest ${judged.n}, which it had not seen: Brier score ${judged.brier.toFixed(3)}, `
      + `against ${judged.brier_of_base_rate.toFixed(3)} for always stating the share that lasts.`),
    table("Held-out reliability", ["stated", "happened", "n"], judged.reliability.map((bin) => [
      `${percent(bin.low)} to ${percent(bin.high)}`, percent(bin.positive_share), String(bin.n)])),
    el("p", { class: "soft" }, `Version ${model.version}, trained ${new Date(model.trained_at).toLocaleString()}.`));
}

function showAnswered(record) {
  if (!record.answered.length) return null;
  return el("section", { class: "card" }, el("h3", {}, "What became of each re-pricing"),
    table("Counts", ["", "count"], record.answered.map((one) => [
      `${STEPS[one.step]}: ${one.state}${one.reason ? `, ${one.reason.replaceAll("_", " ")}` : ""}`, String(one.count)])));
}

function say(text) {
  if (byId("truth-message").textContent !== text) byId("truth-message").textContent = text;
}

async function ask() {
  try {
    const response = await fetch(RECORD, { headers: { accept: "application/json" } });
    const body = await response.json();
    if (!body.success) throw new Error(body.error.message);
    const record = body.data;
    byId("truth-origin").textContent = `${record.source}, ${record.mode} market, ${new Date(record.computed_at).toLocaleTimeString()}`;
    const few = record.outcomes < record.outcomes_shown_min;
    say(few ? `Too little is known yet: ${record.outcomes} of ${record.outcomes_shown_min} alerts have been valued again after 5 s.`
      : `${record.outcomes} alerts of the last 30 days valued again after 5 s.`);
    byId("truth-cards").replaceChildren(...[showRealised(record), showCalibration(record), showModel(record), showAnswered(record)].filter(Boolean));
  } catch (error) {
    say(`The record cannot be read now: ${error.message}`);
  }
}

await ask();
setInterval(() => { if (!document.hidden) ask(); }, ASK_EVERY_MS);
