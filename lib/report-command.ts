import { writeFile } from "node:fs/promises";
import { modelReport, reportJsonText, reportPage, reportText } from "./circuits/index.ts";
import { checkWritable, failed, readArguments, UsageError } from "./command-line.ts";
import { loadModel, type PretrainedModel } from "./pretrained/index.ts";

const USAGE = `matrix-composition report MODEL [--text TEXT | --tokens 1,2,3] [--html FILE] [--json FILE]

  MODEL            a folder as Hugging Face stores a model, a .gguf file, or an id of the hub
  --text TEXT      also report logits, patterns and logit lens on this text
  --tokens 1,2,3   the same on these token ids
  --html FILE      write one page with all pictures, which needs no network
  --json FILE      write every number; docs/report.md documents the keys
`;

const OPTIONS = {
  text: { type: "string" },
  tokens: { type: "string" },
  html: { type: "string" },
  json: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/**
 * `matrix-composition report`: what a model's heads read, move and write.
 * @returns the exit code: 0, 1 for a model or text that cannot be used, 2 for a command line that is not understood
 */
export async function command(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = readArguments(args, OPTIONS);
    if (values.help === true) {
      console.log(USAGE);
      return 0;
    }
    const [source, ...rest] = positionals;
    if (source === undefined)
      throw new UsageError("which model? Give a folder, a .gguf file or an id of the hub");
    if (rest.length > 0) throw new UsageError(`one model at a time, not also ${rest.join(" ")}`);
    if (values.text !== undefined && values.tokens !== undefined)
      throw new UsageError("--text and --tokens are two ways of giving one text; choose one");
    const ids = values.tokens === undefined ? undefined : tokenIds(values.tokens);
    await checkWritable({ "--html": values.html, "--json": values.json });
    const pretrained = await loadModel(source);
    const tokens = values.text === undefined ? ids : tokensOf(pretrained, values.text);
    const report = modelReport(pretrained.model, { ...pretrained.card }, tokens);
    if (values.json !== undefined) await writeFile(values.json, reportJsonText(report));
    if (values.html !== undefined) await writeFile(values.html, await reportPage(report));
    if (values.json === undefined && values.html === undefined) console.log(reportText(report));
    return 0;
  } catch (error) {
    return failed("report", error, USAGE.split("\n")[0] ?? "");
  }
}

function tokenIds(list: string): number[] {
  if (!/^\s*\d+(\s*,\s*\d+)*\s*$/.test(list))
    throw new UsageError(`--tokens takes token ids with commas between, such as 1,2,3; not "${list}"`);
  return list.split(",").map(Number);
}

/** The model's own tokeniser; a model of ours without one takes words with spaces between. */
function tokensOf({ tokeniser, model, card }: PretrainedModel, text: string): (string | number)[] {
  if (tokeniser) return tokeniser.encode(text);
  const words = text.split(/\s+/).filter((word) => word !== "");
  if (words.length > 0 && words.every((word) => model.vocabulary.has(word))) return words;
  const unknown = words.find((word) => !model.vocabulary.has(word));
  throw new Error(
    `${card.name} has no tokeniser${unknown === undefined ? "" : `, and "${unknown}" is none of its ${model.vocabulary.size} words`}; give token ids with --tokens`,
  );
}
