import assert from "node:assert/strict";
import * as vega from "vega";
import { ViewInputError, type Figure } from "../../../lib/views/index.ts";

/** A running view of a figure, to set signals on as the pointer would. */
export async function running(figure: Figure): Promise<vega.View> {
  const view = new vega.View(vega.parse(structuredClone(figure.spec)), { renderer: "none" });
  return view.runAsync();
}

/** What a view has drawn: marks, their items, the items in those. */
export interface Drawn {
  readonly items?: readonly Drawn[];
  readonly x?: number;
  readonly y?: number;
  readonly text?: string;
  readonly strokeOpacity?: number;
  readonly mark?: { readonly name?: string };
  readonly tooltip?: Readonly<Record<string, string>>;
  readonly datum?: Readonly<Record<string, unknown>>;
}

/** The first drawn item, from the back to the front, that `matches`. */
export function drawn(view: vega.View, matches: (item: Drawn) => boolean): Drawn | undefined {
  const search = (item: Drawn): Drawn | undefined => {
    for (const inner of item.items ?? []) {
      const found = matches(inner) ? inner : search(inner);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return search((view.scenegraph() as unknown as { readonly root: Drawn }).root);
}

/** Asserts that `make` throws a ViewInputError with these words. */
export function rejects(make: () => unknown, ...words: readonly string[]): void {
  assert.throws(make, (error: unknown) => {
    assert.ok(error instanceof ViewInputError, String(error));
    for (const word of words) assert.ok(error.message.includes(word), error.message);
    return true;
  });
}
