import type { Bundle } from "./bundle.ts";
import { textOf } from "./text.ts";

/** A value as the front end shows it; nothing for `undefined`. */
export async function render(value: unknown): Promise<Bundle | undefined> {
  if (value === undefined) return undefined;
  return { data: { "text/plain": textOf(value) } };
}
