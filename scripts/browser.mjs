// Starts a headless Chromium: the machine's own where there is one, else the one the npm package carries.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const MACHINE = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export async function launch() {
  const own = process.env.CHROMIUM_PATH || MACHINE.find((path) => existsSync(path));
  if (own) return chromium.launch({ executablePath: own, headless: true, args: ["--no-sandbox"] });
  const { default: carried } = await import("@sparticuz/chromium");
  return chromium.launch({ executablePath: await carried.executablePath(), headless: true, args: carried.args });
}
