// Takes a picture of the chat page as one person sees it.
// usage: node screenshot.mjs URL OUT PERSON WIDTH HEIGHT SCHEME SAY WAIT_MS
import { launch } from "./browser.mjs";

const [url, out, person, width, height, scheme, say, wait] = process.argv.slice(2);
const browser = await launch();
try {
  const context = await browser.newContext({
    viewport: { width: Number(width), height: Number(height) }, colorScheme: scheme, deviceScaleFactor: 2, locale: "en-GB",
  });
  const page = await context.newPage();
  await page.goto(`${url.replace(/\/chat\/?$/, "")}/chat#${person}`);
  await page.locator("#roster .row").first().waitFor();
  if (say) {
    const before = await page.locator(".from-bot").count();
    await page.getByLabel("Message", { exact: true }).fill(say);
    await page.keyboard.press("Enter");
    await page.waitForFunction((count) => document.querySelectorAll(".from-bot").length > count, before);
  }
  await page.waitForTimeout(Number(wait));
  await page.screenshot({ path: out });
} finally {
  await browser.close();
}
