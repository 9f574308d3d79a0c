// Reads the status page and the API page as a visitor would, on a phone and on a desk, and prints what was there.
import { launch } from "../../scripts/browser.mjs";

const [url, images] = process.argv.slice(2);
const browser = await launch();
const errors = [];

async function open(path, options) {
  const page = await browser.newPage(options);
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => request.url().startsWith(url) || errors.push(`asked ${request.url()}`));
  await page.goto(url + path);
  return page;
}

const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
const nameless = (page) => page.evaluate(() =>
  [...document.querySelectorAll("input, select, button, a")].filter((one) => !(one.labels?.length || one.textContent.trim())).length);
const seen = {};

const home = await open("/", { viewport: { width: 390, height: 844 } });
await home.locator("#opportunities details").first().waitFor();
seen.title = await home.locator("h1").innerText();
seen.market = await home.locator("#market").innerText();
seen.overall = await home.locator("#overall").innerText();
seen.exchanges = await home.locator("#exchanges h3").allInnerTexts();
seen.states = await home.locator("#exchanges .state").allInnerTexts();
seen.broken = await home.locator("#exchanges .row", { hasText: "unreachable" }).innerText();
seen.dependencies = await home.locator("#dependencies .what").allInnerTexts();
await home.locator("#feeds .feed").first().waitFor();
seen.ingestion = await home.locator("#feeds .feed").allInnerTexts();
seen.hours = await home.locator("#feeds rect").count();
seen.poorHours = await home.locator("#feeds rect.poor").count();
seen.ingestionOrigin = await home.locator("#ingestion-origin").innerText();
seen.opportunities = await home.locator("#opportunities summary").allInnerTexts();
await home.locator("#opportunities summary").first().click();
seen.waterfall = await home.locator("#opportunities details[open] tr").allInnerTexts();
seen.legs = await home.locator("#opportunities details[open] li").allInnerTexts();
await home.locator("#truth-cards table").first().waitFor();
seen.recordMessage = await home.locator("#truth-message").innerText();
seen.recordPlots = await home.locator("#truth-cards svg").count();
seen.recordPoints = await home.locator("#truth-cards .point").count();
seen.recordRows = await home.locator("#truth-cards tr").allInnerTexts();
seen.recordCards = await home.locator("#truth-cards h3").allInnerTexts();
seen.recordText = await home.locator("#truth-cards").innerText();
await home.screenshot({ path: `${images}/status_page.png`, fullPage: true });
await home.locator("body").click({ position: { x: 2, y: 2 } });
await home.selectOption("#person", "user_free_123");
await home.getByText("This plan leaves premium").waitFor();
seen.freeOpportunities = await home.locator("#opportunities summary").allInnerTexts();
seen.homeOverflows = await overflows(home);
seen.homeNameless = await nameless(home);
await home.route("**/health/detailed", (route) => route.fulfill({ status: 503, contentType: "text/html", body: "<p>" }));
await home.locator("#overall", { hasText: "no answer" }).waitFor();
seen.staleShown = await home.locator("#exchanges h3").count();

const docs = await open("/api/v1/docs", { viewport: { width: 390, height: 844 }, colorScheme: "dark" });
await docs.locator(".operation .path").first().waitFor();
seen.paths = await docs.locator(".operation .path").allInnerTexts();
const list = docs.locator(".operation", { has: docs.locator(".path", { hasText: /^\/api\/v1\/opportunities$/ }) });
await list.getByRole("button").click();
await list.locator("pre", { hasText: "401" }).waitFor();
await docs.getByLabel("X-User-ID").fill("user_pro_789");
await list.getByLabel("limit").fill("1");
await list.getByRole("button").click();
await list.locator("pre", { hasText: "200 ·" }).waitFor();
seen.tried = await list.locator("pre").innerText();
await list.locator(".answers a").click();
await docs.locator("details[open] dt").first().waitFor();
seen.shape = await docs.locator("details[open] dt").allInnerTexts();
seen.docsOverflow = await overflows(docs);
seen.docsNameless = await nameless(docs);
await docs.screenshot({ path: `${images}/api_page.png` });

const chart = await open("/chart.html?exchange=okx&market=perp&symbol=ETH/USDT&interval=15m", { viewport: { width: 390, height: 844 } });
await chart.locator("#chart svg").waitFor();
seen.chartTitle = await chart.locator("#title").innerText();
seen.chartBars = await chart.locator("#chart rect").count();
seen.chartOrigin = await chart.locator("#origin").innerText();
await chart.locator("#chart svg").hover({ position: { x: 100, y: 60 } });
seen.chartReading = await chart.locator("#reading").innerText();
seen.chartOverflows = await overflows(chart);
seen.chartNameless = await nameless(chart);
await chart.screenshot({ path: `${images}/chart_page.png`, fullPage: true });
await chart.getByLabel("Pair").fill("NOSUCH/USDT");
await chart.getByRole("button", { name: "Show" }).click();
await chart.locator("#origin", { hasText: "no such" }).waitFor();
seen.chartRefused = await chart.locator("#origin").innerText();

await browser.close();
console.log(JSON.stringify({ ...seen, errors: errors.filter((one) => !["401", "404", "503"].some((status) => one.includes(status))) }));
