import type { Displayable } from "../display/index.ts";
import type { Transformer } from "../models/transformer/index.ts";
import { tensor, type Entry, type FactoredMatrix, type Tensor } from "../tensor/index.ts";
import { table } from "../views/index.ts";
import type { Head } from "./head.ts";
import { shown } from "./shown.ts";

/** One singular direction of a head, read in words. */
export interface SingularDirection {
  readonly component: number;
  readonly singularValue: number;
  /**
   * (σᵢ − σᵢ₊₁) / σᵢ, the smaller of both sides: near 0 the direction is not defined by itself, only the plane that it spans with its
   * neighbour, and its words are one arbitrary choice among many.
   */
  readonly gap: number;
  /** Whether `gap` is so small that the direction should not be read by itself. */
  readonly isAmbiguous: boolean;
  /** The direction on the side that reads (destination for QK, source for OV), a unit vector. */
  readonly reads: Tensor<["embedding"]>;
  /** The direction on the other side (source for QK, out for OV), a unit vector. */
  readonly writes: Tensor<["embedding"]>;
  /** Words whose embedding lies most along `reads`, and most against it. */
  readonly readWords: {
    readonly towards: readonly Entry<["vocabulary"]>[];
    readonly against: readonly Entry<["vocabulary"]>[];
  };
  /** Words that `writes` raises most (OV: through W_U; QK: whose embedding lies most along it), and lowers most. */
  readonly writtenWords: {
    readonly towards: readonly Entry<["vocabulary"]>[];
    readonly against: readonly Entry<["vocabulary"]>[];
  };
}

/** A gap below this share of the singular value is too small to tell two directions apart. */
const AMBIGUOUS_GAP = 0.05;

/**
 * The strongest singular directions of a head's QK or OV map, read in vocabulary: what the head reads, and what that makes it write.
 * The sign of a pair of directions is free; here the word that is written most strongly is written with +.
 *
 * Source: Elhage et al. 2021 (footnote on the SVD of W_OV); Millidge & Black 2022, "The singular value decompositions of transformer
 * weight matrices are highly interpretable"; the guard against close singular values from their replications.
 * @param options `count` of components, the strongest first (4 unless told); how many `words` on each side (8)
 */
export function singularDirections(
  model: Transformer,
  head: Head,
  circuit: "QK" | "OV",
  { count = 4, words = 8 }: { readonly count?: number; readonly words?: number } = {},
): readonly SingularDirection[] & Displayable {
  const matrix = (circuit === "QK" ? head.QK : head.OV) as unknown as FactoredMatrix<"reading", "writing">;
  const { U, S, V } = matrix.svd();
  const W_E = model.parameter("W_E");
  const written =
    circuit === "OV" && model.configuration.unembedding === "own"
      ? model.parameter("W_U").transpose("vocabulary", "embedding")
      : W_E;
  const values = [...S.data];
  const directions = values.slice(0, count).map((singularValue, component) => {
    const gap = Math.min(
      ...[values[component - 1], values[component + 1]].map((other) =>
        other === undefined ? Infinity : Math.abs(singularValue - other) / singularValue,
      ),
    );
    const column = (side: Tensor<readonly [string, "component"]>) =>
      tensor(["embedding"], [...side.at({ component }).data]);
    const writes = column(V);
    const votes = written.dot(writes, "embedding");
    const sign = Math.abs(votes.min()) > votes.max() ? -1 : 1;
    const reads = column(U).times(sign);
    const extremes = (along: Tensor<["vocabulary"]>) => ({
      towards: along.topK(words),
      against: along.bottomK(words),
    });
    return {
      component,
      singularValue,
      gap,
      isAmbiguous: gap < AMBIGUOUS_GAP,
      reads,
      writes: writes.times(sign),
      readWords: extremes(W_E.dot(reads, "embedding")),
      writtenWords: extremes(votes.times(sign)),
    };
  });
  return shown(directions, () => picture(directions, `Directions of ${circuit} of head ${head.name}`));
}

function picture(directions: readonly SingularDirection[], title: string) {
  const list = (entries: readonly Entry<["vocabulary"]>[]) =>
    entries
      .slice(0, 5)
      .map(({ label }) => label)
      .join(" ");
  return table(
    directions.map(({ component, singularValue, isAmbiguous, readWords, writtenWords }) => ({
      direction: `${component}${isAmbiguous ? " (ambiguous)" : ""}`,
      "singular value": singularValue,
      reads: list(readWords.towards),
      "reads against": list(readWords.against),
      writes: list(writtenWords.towards),
      "writes against": list(writtenWords.against),
    })),
    { title },
  );
}
