// Drives the chat page as a person would and prints what was seen as one JSON object.
// usage: node chat_page.mjs URL IMAGE_FOLDER
import { launch } from "../../scripts/browser.mjs";

const [url, images] = process.argv.slice(2);
const seen = { errors: [] };
const browser = await launch();

async function open(width, height, hash = "", scheme = "light") {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, deviceScaleFactor: 1, hasTouch: width < 500 });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (line) => line.type() === "error" && seen.errors.push(line.text()));
  page.on("request", (request) => request.url().startsWith(url) || request.url().startsWith("data:") || seen.errors.push(`outside: ${request.url()}`));
  await page.goto(`${url}/chat${hash}`);
  return page;
}

async function desk() {
  const page = await open(1180, 800);
  await page.getByRole("button", { name: /Priya/ }).click();
  seen.people = await page.locator("#roster .name b").allTextContents();
  await page.getByRole("button", { name: "START" }).click();
  const card = page.locator(".from-bot").last();
  await card.locator("strong").first().waitFor();
  seen.reply = await card.locator(".text").innerText();
  seen.tags = await card.locator(".text").evaluate((node) => [...new Set([...node.querySelectorAll("*")].map((e) => e.tagName.toLowerCase()))]);
  seen.buttons = await card.locator(".key").allTextContents();
  await page.screenshot({ path: `${images}/chat-desk.png` });
  await card.getByRole("button", { name: "Refresh" }).click();
  await page.locator("#toast", { hasText: "Fresh numbers" }).waitFor();
  await card.getByText("Now +0.37 %").waitFor();
  seen.edited = await card.locator(".text").innerText();
  seen.copies = await page.locator(".from-bot").count();
  await card.getByRole("button", { name: "Explain" }).click();
  await page.getByRole("dialog").waitFor();
  seen.alert = await page.locator("#alert-text").innerText();
  await page.getByRole("button", { name: "OK" }).click();
  await page.getByLabel("Message", { exact: true }).fill("/");
  await page.locator("#commands .command").first().waitFor();
  seen.commands = await page.locator("#commands .command").allTextContents();
  await page.getByLabel("Message", { exact: true }).fill("hello <b>there</b>");
  await page.keyboard.press("Enter");
  await page.locator(".from-bot", { hasText: "You said: hello <b>there</b>" }).waitFor();
  return page;
}

// A message for somebody else shows as a banner and a count.
async function elsewhere(page) {
  await fetch(`${url}/_control/telegram/say`, { method: "POST", body: JSON.stringify({ user_id: 456789123, text: "ping" }) });
  await page.locator(".banner").waitFor();
  seen.banner = await page.locator(".banner").innerText();
  await page.locator('[data-chat="456789123"] .badge').waitFor();
  seen.unread = await page.locator('[data-chat="456789123"] .badge').innerText();
  await page.locator(".banner").click();
  await page.locator(".from-bot", { hasText: "You said: ping" }).waitFor();
  await page.locator('[data-chat="456789123"] .badge').waitFor({ state: "detached" });
  await page.getByRole("button", { name: /Arb Lounge/ }).click();
  await page.getByLabel("Message", { exact: true }).fill("/start");
  await page.keyboard.press("Control+Enter");
  await page.getByLabel("Name of a stranger").fill("Zoe <i>");
  await page.keyboard.press("Enter");
  await page.locator("#roster", { hasText: "Zoe <i>" }).waitFor();
  seen.stranger = await page.locator("#speaker option:checked").innerText();
  await page.close();
}

async function phone() {
  const page = await open(375, 700, "", "dark");
  seen.phoneList = await page.locator(".people").isVisible();
  await page.getByRole("button", { name: /Fiona/ }).tap();
  await page.getByRole("button", { name: "START" }).tap();
  await page.locator(".from-bot .key").first().waitFor();
  seen.phoneOverflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  seen.smallestKey = await page.locator(".key").evaluateAll((keys) => Math.min(...keys.map((k) => k.getBoundingClientRect().height)));
  await page.getByRole("button", { name: "Refresh" }).tap();
  await page.locator(".from-bot", { hasText: "Now +0.37 %" }).waitFor();
  await page.screenshot({ path: `${images}/chat-phone.png` });
  await page.getByRole("button", { name: "Block the bot" }).tap();
  await page.getByRole("button", { name: "UNBLOCK" }).tap();
  await page.getByLabel("Message", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Back to the conversations" }).tap();
  await page.locator(".people").waitFor();
  seen.phoneBack = await page.locator(".chat").isHidden();
  await page.close();
}

try {
  await elsewhere(await desk());
  await phone();
} catch (error) {
  seen.errors.push(String(error));
}
await browser.close();
console.log(JSON.stringify(seen));
