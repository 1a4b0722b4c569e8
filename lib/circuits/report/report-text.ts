import type { CompositionScores } from "../composition.ts";
import { COMPOSITION_KINDS, type ModelReport, type WeightScores } from "./model-report.ts";

/** A report as a page of text for a terminal. */
export function reportText(report: ModelReport): string {
  const { card, roles, folded, text, leftOut } = report;
  const facts = Object.entries(card);
  const width = Math.max(...facts.map(([fact]) => fact.length));
  const lines = facts.map(([fact, value]) => `${fact.padEnd(width)}  ${factText(value)}`);
  if (roles) {
    lines.push("", `Head roles (attention of at least ${roles.threshold} on random tokens, repeated)`);
    for (const [role, names] of Object.entries(roles.roles))
      lines.push(`  ${role.padEnd(16)} ${names.length === 0 ? "none" : names.join(" ")}`);
  }
  lines.push(...weightLines(report, report.heads, folded ? ", weights as stored" : ""));
  if (folded) lines.push(...weightLines(folded, report.heads, ", norms folded into the weights"));
  if (text) {
    lines.push(
      "",
      `Text of ${text.tokens.length} tokens: ${text.words.map((word) => JSON.stringify(word)).join(" ")}`,
    );
    if (text.logits) {
      const last = text.logits.at({ position: text.tokens.length - 1 });
      const list = last
        .topK(Math.min(5, last.data.length))
        .map(({ label, value }) => `${JSON.stringify(label)} ${value.toFixed(3)}`);
      lines.push(`Next, by logit: ${list.join(", ")}`);
    }
  }
  const left = Object.entries(leftOut);
  if (left.length > 0) lines.push("", "Left out");
  for (const [key, why] of left) lines.push(`  ${key}: ${why}`);
  return lines.join("\n");
}

/** The heads that copy most and the pairs that compose most; `which` weights. */
function weightLines(
  { copying, composition }: WeightScores,
  heads: readonly string[],
  which: string,
): string[] {
  const lines: string[] = [];
  for (const [circuit, scores] of Object.entries(copying)) {
    if (!scores) continue;
    const list = [...Array.from(scores.data).entries()]
      .toSorted(([, one], [, other]) => other - one)
      .slice(0, 5)
      .map(([place, score]) => `${heads[place]} ${score.toFixed(3)}`);
    lines.push(
      "",
      `Copying by ${circuit === "OV" ? "W_OV" : "W_E W_OV W_U"}${which}, highest: ${list.join(", ")}`,
    );
  }
  if (!composition) return lines;
  lines.push("", `Composition${which}, most above the baseline`);
  for (const kind of COMPOSITION_KINDS)
    lines.push(`  ${kind.padEnd(6)} ${strongestPairs(composition[kind])}`);
  return lines;
}

/** A fact of a model's card in words. */
export function factText(value: unknown): string {
  return Array.isArray(value)
    ? value.join(", ")
    : typeof value === "number"
      ? value.toLocaleString("en")
      : String(value);
}

/** How many pairs are findings, of how many: among thousands of pairs some lie far above the baseline by chance. */
export function findings({ deviations, pairs, threshold }: CompositionScores): string {
  const count = Array.from(deviations.data).filter((deviation) => deviation > threshold).length;
  return `${count} of ${pairs} pairs above ${threshold.toFixed(1)} sd`;
}

function strongestPairs(composition: CompositionScores): string {
  const { scores, deviations, baseline } = composition;
  const pairs = deviations
    .topK(3)
    .filter(({ value }) => value > 0)
    .map(({ index: { earlierHead, laterHead }, label, value }) => {
      const score = scores.value({ earlierHead, laterHead });
      return `${label.earlierHead} → ${label.laterHead} ${score.toFixed(3)} (${value.toFixed(1)} sd)`;
    });
  return `baseline ${baseline.toFixed(3)}, ${findings(composition)}: ${pairs.join(", ") || "none"}`;
}
