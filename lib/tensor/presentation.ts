import type { MimeBundle } from "../display/index.ts";
import { describeShape, type Layout } from "./layout.ts";

/** One line: name, axes, range and the first values. */
export function describe(layout: Layout, limit: number): string {
  const first = Array.from(layout.data.subarray(0, limit), (value) => String(Number(value.toPrecision(4))));
  const more = layout.data.length > limit ? ", …" : "";
  return `${layout.name ?? "Tensor"} (${describeShape(layout)}): ${first.join(", ")}${more}`;
}

/** How a tensor shows itself. */
export function mimeBundleOf(layout: Layout): MimeBundle {
  return { "text/plain": describe(layout, 100) };
}
