import { OUT_OF_SIGHT, type Json, type Node, type Scene } from "./scene.ts";

/** A specification as a group: its marks' names get a prefix, and the pointer's place is counted from its corner. */
export function nested(spec: Node, prefix: string, x: number, y: number): Node {
  const rename = (node: Json, key: string): Json => {
    if (typeof node === "string") {
      if (key === "events") return node.replace(/@(\w+):/gu, `@${prefix}_$1:`);
      if (key === "update")
        return node.replace(/\bx\(\)/gu, `(x() - ${x})`).replace(/\by\(\)/gu, `(y() - ${y})`);
      return node;
    }
    if (Array.isArray(node))
      return (node as readonly Json[]).map((entry) => rename(entry, key === "events" ? key : ""));
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([name, entry]) => [name, rename(entry, name)]));
  };
  const mark = (node: Json): Json => {
    const { name, marks, ...rest } = node as Node & {
      readonly name?: string;
      readonly marks?: readonly Json[];
    };
    return {
      ...rest,
      ...(name === undefined ? {} : { name: `${prefix}_${name}` }),
      ...(marks === undefined ? {} : { marks: marks.map(mark) }),
    };
  };
  const { signals, data, scales, marks, width, height } = spec;
  return {
    type: "group",
    name: prefix,
    encode: {
      update: { x: { value: x }, y: { value: y }, width: { value: width }, height: { value: height } },
    },
    ...(signals === undefined ? {} : { signals: rename(signals, "") }),
    ...(data === undefined ? {} : { data }),
    ...(scales === undefined ? {} : { scales }),
    marks: (marks as readonly Json[]).map(mark),
  };
}

/** Specifications in the same place, all but one moved out of sight: `shown` is a Vega expression for each, when it is the one. */
export function alternatives(
  scene: Scene,
  specs: readonly { readonly spec: Node; readonly shown: string }[],
  prefix: string,
  [x, y]: readonly [number, number],
): void {
  for (const [index, { spec, shown }] of specs.entries()) {
    const group = nested(spec, `${prefix}${index}`, x, y);
    const { update } = group["encode"] as { readonly update: Node };
    scene.mark({
      ...group,
      encode: { update: { ...update, x: { signal: `${shown} ? ${x} : ${OUT_OF_SIGHT}` } } },
    });
  }
}
