import { stripVTControlCharacters } from "node:util";
import { type Cell, type Notebook, type Output, tagsOf, wholeText } from "./notebook.ts";

/** A cell with this tag shows something else each time: only the kinds of its outputs are compared. */
const VARIES = "varies";

/** Two numbers are the same where they differ by no more than this share of the larger one. */
const RELATIVE_TOLERANCE = 1e-3;

/** Below this, a number is rounding error. */
const ABSOLUTE_TOLERANCE = 1e-7;

/** From this many digits on, a last digit that differs by one was rounded the other way. */
const DIGITS_OF_A_ROUNDED_NUMBER = 3;

/** How far each of red, green and blue, of 255, may be apart in a colour that was made from a number. */
const COLOUR_TOLERANCE = 3;

/** How many differences of one output are listed. */
const LISTED = 3;

/** A colour, or a number as JavaScript or a reader writes it (with − for minus). */
const COLOUR_OR_NUMBER = /#[0-9a-f]{6}\b|[-+−]?\d+(?:\.\d+)?(?:e[-+−]?\d+)?/gi;

/** What a machine's speed and memory decide: it is taken out before texts are compared. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/\d+(?:\.\d+)? ?(?:ns|µs|ms|s|seconds?|min|minutes?)(?![\p{L}\p{N}])/gu, "‹duration›"],
  [/\d+(?:[.,]\d+)* [\p{L} ]+(?:\/s|per second)(?!\p{L})/gu, "‹rate›"],
  [/\d+(?:\.\d+)? ?(?:[kKMG]i?B|bytes)(?!\p{L})/gu, "‹size›"],
];

/** Types that another type of the same output says with more meaning, or that only a running kernel can draw. */
const DRAWN_FROM_ANOTHER = new Set(["application/vnd.jupyter.widget-view+json"]);

/** What is different between two runs of a cell. */
export interface Difference {
  /** Which cell, counted from 0. */
  readonly cell: number;
  readonly id: string;
  /** Where, and what it was and is, for instance "image/png: 800 × 600 was 800 × 500". */
  readonly what: string;
}

/**
 * What `executed` shows other than `committed`, cell by cell. Numbers are compared within a tolerance, in texts and in
 * the specifications of figures; times, rates and memory sizes are not compared, nor is what a cell tagged "varies"
 * shows. A picture is compared by its specification, and by its size where it has none.
 */
export function differences(committed: Notebook, executed: Notebook): Difference[] {
  return committed.cells.flatMap((cell, index) => {
    const other = executed.cells[index];
    if (cell.cell_type !== "code") return [];
    if (other === undefined) return [{ cell: index, id: cell.id, what: "is not in the other notebook" }];
    return differencesOfCell(cell, other).map((what) => ({ cell: index, id: cell.id, what }));
  });
}

/** What one cell shows other than another, in words; empty where both show the same. */
export function differencesOfCell(committed: Cell, executed: Cell): string[] {
  const before = joinedStreams(committed.outputs ?? []);
  const after = joinedStreams(executed.outputs ?? []);
  const kindsBefore = before.map(kindOf).join(", ");
  const kindsAfter = after.map(kindOf).join(", ");
  if (kindsBefore !== kindsAfter) return [`shows [${kindsAfter}], was [${kindsBefore}]`];
  if (tagsOf(committed).includes(VARIES)) return [];
  return before.flatMap((output, index) => differencesOfOutput(output, after[index] ?? output));
}

/** How much a stream says at once depends on timing: what is said one after the other is one output. */
function joinedStreams(outputs: readonly Output[]): Output[] {
  const joined: Output[] = [];
  for (const output of outputs) {
    const last = joined.at(-1);
    if (output.output_type === "stream" && last?.output_type === "stream" && last.name === output.name) {
      joined[joined.length - 1] = { ...last, text: wholeText(last.text) + wholeText(output.text) };
    } else joined.push(output);
  }
  return joined;
}

function kindOf(output: Output): string {
  const types = comparedTypes(output);
  return [output.output_type, output.name, ...types].filter((part) => part !== undefined).join(" ");
}

function comparedTypes({ data = {} }: Output): string[] {
  return Object.keys(data)
    .filter((type) => !DRAWN_FROM_ANOTHER.has(type))
    .sort();
}

function differencesOfOutput(before: Output, after: Output): string[] {
  if (before.output_type === "stream")
    return listed(before.name ?? "", textDifferences(before.text, after.text));
  if (before.output_type === "error")
    return listed(
      "error",
      textDifferences(
        `${before.ename ?? ""}: ${before.evalue ?? ""}`,
        `${after.ename ?? ""}: ${after.evalue ?? ""}`,
      ),
    );
  const types = comparedTypes(before);
  return types.flatMap((type) => {
    const [one, other] = [before.data?.[type], after.data?.[type]];
    if (type === "image/png") {
      const hasSpecification = types.some((name) => name.endsWith("json"));
      return hasSpecification ? [] : listed(type, textDifferences(pictureSize(one), pictureSize(other)));
    }
    if (type.endsWith("json")) return listed(type, valueDifferences(one, other, ""));
    return listed(type, textDifferences(one, other));
  });
}

function listed(where: string, found: readonly string[]): string[] {
  const more = found.length > LISTED ? [`and ${found.length - LISTED} more`] : [];
  return [...found.slice(0, LISTED), ...more].map((what) => `${where}: ${what}`);
}

/** Width and height of a PNG (its IHDR chunk), in words. */
function pictureSize(base64: unknown): string {
  const header = Buffer.from(wholeText(base64).slice(0, 64), "base64");
  return header.length < 24 ? "no picture" : `${header.readUInt32BE(16)} × ${header.readUInt32BE(20)}`;
}

/** Where two values of JSON differ; `path` says where in the whole they stand. */
function valueDifferences(before: unknown, after: unknown, path: string): string[] {
  if (typeof before === "number" && typeof after === "number")
    return isSameNumber(String(before), String(after)) ? [] : [was(path, before, after)];
  if (typeof before === "string" && typeof after === "string")
    return textDifferences(before, after).map((what) => `${path} ${what}`);
  if (Array.isArray(before) && Array.isArray(after)) {
    if (before.length !== after.length)
      return [was(path, `${before.length} entries`, `${after.length} entries`)];
    return before.flatMap((value, index) => valueDifferences(value, after[index], `${path}[${index}]`));
  }
  if (isRecord(before) && isRecord(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => valueDifferences(before[name], after[name], `${path}.${name}`));
  }
  return before === after ? [] : [was(path, before, after)];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function was(path: string, before: unknown, after: unknown): string {
  return `${path} is ${shortened(after)}, was ${shortened(before)}`.trim();
}

function shortened(value: unknown): string {
  const text = typeof value === "string" ? value : value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Where two texts differ, line by line: in their words, or in a number by more than the tolerance. */
function textDifferences(before: unknown, after: unknown): string[] {
  const [linesBefore, linesAfter] = [before, after].map((text) => comparable(wholeText(text)).split("\n"));
  if (linesBefore === undefined || linesAfter === undefined) return [];
  if (linesBefore.length !== linesAfter.length)
    return [was("", `${linesBefore.length} lines`, `${linesAfter.length} lines`)];
  return linesBefore.flatMap((line, index) => lineDifference(line, linesAfter[index] ?? ""));
}

function comparable(text: string): string {
  return VOLATILE.reduce(
    (rest, [pattern, name]) => rest.replaceAll(pattern, name),
    stripVTControlCharacters(text),
  );
}

function lineDifference(before: string, after: string): string[] {
  if (before === after) return [];
  const [numbersBefore, numbersAfter] = [numbersIn(before), numbersIn(after)];
  if (
    numbersBefore.length !== numbersAfter.length ||
    before.replaceAll(COLOUR_OR_NUMBER, "") !== after.replaceAll(COLOUR_OR_NUMBER, "")
  )
    return [was("", before, after)];
  const first = numbersBefore.findIndex((text, index) => !isSame(text, numbersAfter[index] ?? ""));
  return first < 0 ? [] : [was("", around(before, first), around(after, first))];
}

function numbersIn(line: string): string[] {
  return [...line.matchAll(COLOUR_OR_NUMBER)].map(([text]) => text);
}

function isSame(before: string, after: string): boolean {
  const isColour = before.startsWith("#") || after.startsWith("#");
  return isColour ? isSameColour(before, after) : isSameNumber(before, after);
}

/** A line from a little before one of its numbers on. */
function around(line: string, index: number): string {
  const at = [...line.matchAll(COLOUR_OR_NUMBER)][index]?.index ?? 0;
  return at > 30 ? `…${line.slice(at - 30)}` : line;
}

function isSameColour(before: string, after: string): boolean {
  if (!before.startsWith("#") || !after.startsWith("#")) return false;
  return [1, 3, 5].every((at) => {
    const [one, other] = [before, after].map((colour) => Number.parseInt(colour.slice(at, at + 2), 16));
    return Math.abs((one ?? 0) - (other ?? 0)) <= COLOUR_TOLERANCE;
  });
}

/** Whether two written numbers are the same within the tolerance, or rounded to either side of the same number. */
function isSameNumber(before: string, after: string): boolean {
  const [one, other] = [numberOf(before), numberOf(after)];
  const distance = Math.abs(one - other);
  const larger = Math.max(Math.abs(one), Math.abs(other));
  if (distance <= Math.max(ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE * larger)) return true;
  const places = Math.max(lastPlace(before), lastPlace(after));
  return places > 0 && distance <= 1.01 * places;
}

function numberOf(text: string): number {
  return Number(text.replaceAll("−", "-"));
}

/** The size of a fraction's last digit, 0 for whole numbers and for those of few digits: they were not rounded. */
function lastPlace(text: string): number {
  const [mantissa = "", exponent = "0"] = text.replaceAll("−", "-").toLowerCase().split("e");
  const decimals = mantissa.split(".")[1]?.length ?? 0;
  const digits = mantissa.replace(/^[-+]?[0.]*/, "").replace(".", "").length;
  if (decimals === 0 || digits < DIGITS_OF_A_ROUNDED_NUMBER) return 0;
  return 10 ** (Number(exponent) - decimals);
}
