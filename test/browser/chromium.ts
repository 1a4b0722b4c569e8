import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome.exe"];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** Without these, Chromium looks for Google's hosts at every start, and as root it does not start at all. */
export const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Chromium's path: the variable CHROMIUM, the PATH, or where installers put it. */
export function chromiumPath(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [process.env["CHROMIUM"] ?? "", ...onPath, ...PLACES].find(
    (path) => path !== "" && existsSync(path),
  );
}

/**
 * Starts a headless Chromium. Where there is none, the test that asks counts as skipped and says how to get one; with
 * `CI=true` it fails.
 */
export async function launchChromium(test: Mocha.Context): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) {
    const advice =
      "No Chromium: install it (sudo apt install chromium, brew install --cask chromium) or name one with CHROMIUM=/path";
    if (process.env["CI"] === "true") throw new Error(advice);
    console.log(advice);
    test.skip();
  }
  return chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
}
