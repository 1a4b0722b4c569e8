import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  attentionShareOfAll,
  compositionScores,
  copyingScores,
  heads,
  stripe,
  targetPattern,
  type CompositionKind,
} from "../../../lib/circuits/index.ts";
import type { Transformer } from "../../../lib/models/transformer/index.ts";
import { loadModel } from "../../../lib/pretrained/index.ts";

/** What numpy computes in float64 from the same weights; see test/fixtures/circuits/make.py. */
interface Reference {
  readonly weights: Readonly<Record<"QK norm" | "OV norm", readonly (readonly number[])[]>> &
    Readonly<Record<"QK singular" | "OV singular", readonly (readonly (readonly number[])[])[]>>;
  readonly copying: Readonly<Record<"OV" | "full", readonly (readonly number[])[]>>;
  /** [earlier layer][earlier head][later layer][later head] */
  readonly composition: Readonly<
    Record<"q" | "k" | "v", readonly (readonly (readonly (readonly number[])[])[])[]>
  >;
  readonly detectors: Readonly<Record<string, readonly (readonly number[])[]>>;
}

const fixtures = new URL("../../fixtures/", import.meta.url);

function close(got: number | undefined, expected: number | undefined, tolerance: number, what: string) {
  assert.ok(
    got !== undefined && expected !== undefined && Math.abs(got - expected) <= tolerance,
    `${what}: ${String(got)}, not ${String(expected)}`,
  );
}

const MODELS = ["gpt2-tiny", "neox-tiny", "llama-tiny", "neox-variant", "llama-variant", "qwen2-variant"];

for (const name of MODELS) {
  describe(`circuits of ${name}, beside numpy in float64`, () => {
    let model: Transformer;
    const reference = JSON.parse(
      readFileSync(new URL(`circuits/${name}.json`, fixtures), "utf8"),
    ) as Reference;
    const { tokens } = JSON.parse(
      readFileSync(new URL(`models/${name}/expected.json`, fixtures), "utf8"),
    ) as {
      readonly tokens: readonly (readonly number[])[];
    };
    before(async () => {
      ({ model } = await loadModel(fileURLToPath(new URL(`models/${name}`, fixtures))));
    });

    it("have the same norms and singular values", () => {
      for (const { layer, index, QK, OV, name: head } of heads(model)) {
        close(QK.norm(), reference.weights["QK norm"][layer]?.[index], 1e-5, `QK norm of ${head}`);
        close(OV.norm(), reference.weights["OV norm"][layer]?.[index], 1e-5, `OV norm of ${head}`);
        for (const [component, expected] of (
          reference.weights["OV singular"][layer]?.[index] ?? []
        ).entries())
          close(
            OV.svd().S.at({ component }).value(),
            expected,
            1e-5,
            `singular value ${component} of OV ${head}`,
          );
        for (const [component, expected] of (
          reference.weights["QK singular"][layer]?.[index] ?? []
        ).entries())
          close(
            QK.svd().S.at({ component }).value(),
            expected,
            1e-5,
            `singular value ${component} of QK ${head}`,
          );
      }
    });

    for (const circuit of ["OV", "full"] as const)
      it(`have the same copying scores (${circuit})`, () => {
        const scores = copyingScores(model, circuit);
        for (const [layer, row] of reference.copying[circuit].entries())
          for (const [head, expected] of row.entries())
            close(scores.value({ layer, head }), expected, 1e-4, `${layer}.${head}`);
      });

    for (const [letter, kind] of [
      ["q", "query"],
      ["k", "key"],
      ["v", "value"],
    ] as const satisfies readonly (readonly [string, CompositionKind])[])
      it(`have the same ${kind} composition, and 0 where no layer is later`, () => {
        const { scores } = compositionScores(model, kind);
        const perLayer = model.configuration.heads;
        for (const [l1, layer] of reference.composition[letter].entries())
          for (const [h1, later] of layer.entries())
            for (const [l2, row] of later.entries())
              for (const [h2, expected] of row.entries()) {
                const cell = { earlierHead: l1 * perLayer + h1, laterHead: l2 * perLayer + h2 };
                close(scores.value(cell), expected, 1e-5, `${l1}.${h1} → ${l2}.${h2}`);
              }
      });

    it("have the same attention shares and stripes", () => {
      const text = tokens[0] ?? [];
      const { activations } = model.run(text, { keep: ["blocks.*.pattern"] });
      for (let layer = 0; layer < model.configuration.layers; layer++) {
        const pattern = activations[`blocks.${layer}.pattern`];
        assert.ok(pattern);
        for (const target of ["previous", "duplicate", "induction"] as const) {
          const shares = attentionShareOfAll(pattern, targetPattern(target, text));
          for (const [head, expected] of (reference.detectors[target]?.[layer] ?? []).entries())
            close(shares.value({ head }), expected, 1e-5, `${target} of ${layer}.${head}`);
        }
        for (const [what, offset] of [
          ["previous stripe", -1],
          ["current stripe", 0],
        ] as const)
          for (const [head, expected] of (reference.detectors[what]?.[layer] ?? []).entries())
            close(stripe(pattern, offset).value({ head }), expected, 1e-5, `${what} of ${layer}.${head}`);
      }
    });
  });
}
