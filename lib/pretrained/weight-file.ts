/** Opened weights: what a file (or several shards) holds, known from headers alone, and each tensor when it is asked for. */
export interface WeightFile {
  /** Shapes by the stored names. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** What the numbers were stored as, for the model's card: "float32", "Q4_1" …, the most frequent by size first. */
  readonly formats: readonly string[];
  /**
   * One tensor, row-major, widened to 32-bit floats.
   * @param lent memory for at least as many numbers, which they may be put into: fresh memory costs a third of the time that reading takes
   */
  read(name: string, lent?: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}
