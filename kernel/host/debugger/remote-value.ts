import type { Runtime } from "node:inspector";

/** Characters of a value in one line of a variables panel. */
const LINE_LIMIT = 200;

function limited(text: string): string {
  const line = text.replace(/\s*\n\s*/g, " ");
  return line.length <= LINE_LIMIT ? line : `${line.slice(0, LINE_LIMIT - 1)}…`;
}

/** A value of the executor in one line, made from what the inspector tells without running any code. */
export function valueText(value: Runtime.RemoteObject): string {
  switch (value.type) {
    case "string":
      return limited(JSON.stringify(value.value));
    case "undefined":
      return "undefined";
    case "function":
      return limited(functionText(value.description ?? "function"));
    case "object":
      if (value.subtype === "null") return "null";
      if (value.subtype === "error") return limited((value.description ?? "Error").split("\n")[0] ?? "");
      return limited(value.preview ? previewText(value.preview) : (value.description ?? "object"));
    default:
      return limited(value.unserializableValue ?? value.description ?? String(value.value));
  }
}

/** The name of a value's class, or of its primitive type. */
export function typeText(value: Runtime.RemoteObject): string {
  if (value.subtype === "null") return "null";
  return value.type === "object" ? (value.className ?? "object") : value.type;
}

/** How many elements an array has, by its description: `Array(3)`. */
export function lengthOf({ subtype, description = "" }: Runtime.RemoteObject): number | undefined {
  if (subtype !== "array" && subtype !== "typedarray") return undefined;
  const length = /\((\d+)\)$/.exec(description)?.[1];
  return length === undefined ? undefined : Number(length);
}

/** `class Model`, `train(model, steps)`: a function without its body. */
function functionText(code: string): string {
  const isClass = /^class\b[^{]*/.exec(code)?.[0];
  if (isClass !== undefined) return isClass.trim();
  const head = /^[^]*?\)(?=\s*(?:=>|\{))/.exec(code)?.[0] ?? /^[^]*?(?==>|\{)/.exec(code)?.[0] ?? code;
  return head.replace(/^(?!function|async|get|set)/, "").trim();
}

function previewText(preview: Runtime.ObjectPreview): string {
  const { subtype, description = "", overflow, entries, properties } = preview;
  const rest = overflow ? [...(entries ?? properties), undefined] : (entries ?? properties);
  if (subtype === "array" || subtype === "typedarray") {
    const elements = properties.map(({ name, ...each }) =>
      /^\d+$/.test(name) ? pieceText(each) : undefined,
    );
    const shown = elements.filter((each) => each !== undefined);
    return `${description} [${[...shown, ...(overflow ? ["…"] : [])].join(", ")}]`;
  }
  if (["date", "regexp", "proxy", "node"].includes(subtype ?? "")) return description;
  if (entries) {
    const pieces = entries.map(({ key, value }) =>
      key ? `${previewText(key)} => ${previewText(value)}` : previewText(value),
    );
    return `${description} {${[...pieces, ...(rest.length > entries.length ? ["…"] : [])].join(", ")}}`;
  }
  if (preview.type !== "object") return preview.type === "string" ? JSON.stringify(description) : description;
  const pieces = properties.map(({ name, ...each }) => `${name}: ${pieceText(each)}`);
  const name = description === "Object" ? "" : `${description} `;
  return `${name}{${[...pieces, ...(overflow ? ["…"] : [])].join(", ")}}`;
}

function pieceText({ type, value = "", valuePreview }: Omit<Runtime.PropertyPreview, "name">): string {
  if (valuePreview) return previewText(valuePreview);
  if (type === "string") return JSON.stringify(value);
  return type === "function" ? "ƒ" : type === "accessor" ? "…" : value;
}
