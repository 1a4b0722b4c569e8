import { inspect, type InspectOptions } from "node:util";

/** Characters of one value's text; beyond that nobody reads, and front ends freeze. */
const TEXT_LIMIT = 100_000;

const OPTIONS: InspectOptions = {
  colors: false,
  depth: 4,
  maxArrayLength: 100,
  maxStringLength: 10_000,
  breakLength: 100,
};

/** A value as text, whatever it does when looked at: bounded, without colours, never throwing. */
export function textOf(value: unknown): string {
  let text: string;
  try {
    text = inspect(value, OPTIONS);
  } catch {
    try {
      // A proxy whose traps throw, shown with the target behind it; custom inspectors that throw, left out.
      text = inspect(value, { ...OPTIONS, showProxy: true, customInspect: false });
    } catch {
      text = `[${typeof value} that cannot be shown]`;
    }
  }
  if (text.length <= TEXT_LIMIT) return text;
  return `${text.slice(0, TEXT_LIMIT)}… ${text.length - TEXT_LIMIT} more characters`;
}
