import type { Scene } from "./scene.ts";

/**
 * A set of indices that the reader chooses by clicking, as a signal that the marks of a figure read. A click keeps that
 * index alone, a click with Shift adds it or takes it away; where the set may be empty, a click on the only one lets it go.
 */
export interface KeptSet {
  /** A Vega expression: whether `index` (an expression) is chosen. */
  readonly has: (index: string) => string;
  /** A Vega expression: how many are chosen. */
  readonly size: string;
}

/** Adds signal `name`, the indices chosen by clicks on the marks `mark`, whose rows say `field`. */
export function keptSet(
  scene: Scene,
  name: string,
  mark: string,
  field: string,
  start: readonly number[],
  mayBeEmpty: boolean,
): KeptSet {
  // Vega's expressions have no filter for arrays: the set is a text, ",3,5,", which has them all.
  const one = `',' + datum.${field} + ','`;
  const has = (index: string): string => `indexof(${name}, ',' + ${index} + ',') >= 0`;
  const isOnly = `${name} === ${one}`;
  const without = `${isOnly} ? ${mayBeEmpty ? "','" : name} : replace(${name}, ${one}, ',')`;
  const toggled = `${has(`datum.${field}`)} ? (${without}) : ${name} + datum.${field} + ','`;
  const alone = mayBeEmpty ? `${isOnly} ? ',' : ${one}` : one;
  scene.signal(name, `,${start.map((index) => `${index},`).join("")}`, {
    on: [{ events: `@${mark}:click`, update: `event.shiftKey ? (${toggled}) : (${alone})` }],
  });
  return { has, size: `(length(split(${name}, ',')) - 2)` };
}
