/** Axes of the weights by the last part of their names. */
interface AxesByName {
  readonly W_E: ["vocabulary", "embedding"];
  readonly W_position: ["position", "embedding"];
  readonly W_segment: ["segment", "embedding"];
  readonly W_U: ["embedding", "vocabulary"];
  readonly b_U: ["vocabulary"];
  readonly W_Q: ["head", "embedding", "feature"];
  readonly W_K: ["head", "embedding", "feature"];
  readonly W_V: ["head", "embedding", "value"];
  readonly W_O: ["head", "value", "embedding"];
  readonly b_Q: ["head", "feature"];
  readonly b_K: ["head", "feature"];
  readonly b_V: ["head", "value"];
  readonly b_O: ["embedding"];
  readonly W_in: ["embedding", "neuron"];
  readonly W_gate: ["embedding", "neuron"];
  readonly W_out: ["neuron", "embedding"];
  readonly b_in: ["neuron"];
  readonly b_gate: ["neuron"];
  readonly b_out: ["embedding"];
}

type Side = "" | "encoder.";
type Norm = "gain" | "bias";
type AttentionWeight = "W_Q" | "W_K" | "W_V" | "W_O" | "b_Q" | "b_K" | "b_V" | "b_O";
type FeedForwardWeight = "W_in" | "W_gate" | "W_out" | "b_in" | "b_gate" | "b_out";

/** The name of a parameter: `W_E`, `blocks.0.attention.W_Q`, `finalNorm.gain`; see `parameterSpecifications`. */
export type ParameterName =
  | `${Side}${"W_E" | "W_position" | "W_segment"}`
  | "W_U"
  | "b_U"
  | `${Side}${"embeddingNorm" | "finalNorm"}.${Norm}`
  | `${Side}blocks.${number}.${"attention" | "crossAttention"}.${AttentionWeight}`
  | `${Side}blocks.${number}.${"attention" | "crossAttention"}.${"queryNorm" | "keyNorm"}.gain`
  | `${Side}blocks.${number}.feedForward.${FeedForwardWeight}`
  | `${Side}blocks.${number}.${"attention" | "crossAttention" | "feedForward"}Norm.${Norm}`;

/** The axes of a parameter, as `parameter` gives it: key and value maps with one copy for each head. */
export type ParameterAxes<N extends string> = N extends `${string}.${infer Rest}`
  ? ParameterAxes<Rest>
  : N extends keyof AxesByName
    ? AxesByName[N]
    : N extends Norm
      ? ["embedding"]
      : never;
