/** Values by media type, with what the front end should know of them. */
export interface Bundle {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Characters of one media type's value: beyond that front ends freeze and notebooks cannot be saved. */
const VALUE_LIMIT = 64 << 20;

const MEDIA_TYPE = /^[a-z]+\/[\w.+-]+(;.*)?$/i;

/** Whether every key of `value`, and there is one, names a media type. */
export function isMimeBundle(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => MEDIA_TYPE.test(key));
}

/**
 * The same values as they can travel and be stored: texts as strings, bytes as base64, JSON as plain values. Throws where a
 * value cannot be said in its media type.
 */
export function cleanBundle(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [type, value] of Object.entries(data)) {
    if (value === undefined || value === null) continue;
    clean[type] = cleanValue(type, value);
  }
  return clean;
}

function cleanValue(type: string, value: unknown): unknown {
  if (/[/+]json\b/.test(type) && typeof value !== "string") return plainJson(value);
  const text = asText(value);
  if (text === undefined) return plainJson(value);
  if (text.length <= VALUE_LIMIT) return text;
  throw new RangeError(
    `${type} of ${text.length} characters is more than the ${VALUE_LIMIT} that can be shown`,
  );
}

function asText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString("base64");
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  }
  // Notebook files hold texts as lists of lines.
  if (Array.isArray(value) && value.every((line) => typeof line === "string")) return value.join("");
  return undefined;
}

/** `value` as JSON can say it: typed arrays as arrays, dates as text, NaN as null, big integers as numbers. */
export function plainJson(value: unknown): unknown {
  const text = JSON.stringify(value, (_key, each: unknown) => {
    if (ArrayBuffer.isView(each) && !(each instanceof DataView))
      return Array.from(each as unknown as number[]);
    if (typeof each === "bigint") return Number(each);
    return each;
  }) as string | undefined;
  if (text === undefined) throw new TypeError(`${typeof value} is not a JSON value`);
  if (text.length > VALUE_LIMIT)
    throw new RangeError(`JSON of ${text.length} characters is too large to be shown`);
  return JSON.parse(text) as unknown;
}
