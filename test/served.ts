import { setTimeout as delay } from "node:timers/promises";

/**
 * Waits until a server takes connections. Jupyter prints its address just before it listens, and tells nobody when it
 * does: asking is the only way to know.
 */
export async function served(url: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    try {
      await fetch(url, { redirect: "manual" });
      return;
    } catch {
      await delay(100);
    }
  }
  throw new Error(`Nothing listens on ${url}`);
}
