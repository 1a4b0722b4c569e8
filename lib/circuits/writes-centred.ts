import type { Transformer } from "../models/transformer/index.ts";

/** Whether all heads write vectors of mean 0 only, as after `foldedModel`: what they write then lives in d_model − 1 dimensions. */
export function writesCentred(model: Transformer): boolean {
  const { layers, embedding } = model.configuration;
  for (let layer = 0; layer < layers; layer++) {
    const { data } = model.parameter(`blocks.${layer}.attention.W_O`);
    for (let start = 0; start < data.length; start += embedding) {
      let sum = 0;
      let size = 0;
      for (let at = start; at < start + embedding; at++) {
        sum += data[at] ?? 0;
        size += Math.abs(data[at] ?? 0);
      }
      if (Math.abs(sum) > 1e-4 * size) return false;
    }
  }
  return layers > 0;
}
