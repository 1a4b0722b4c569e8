/** Settings of Adam with decoupled weight decay. */
export interface AdamOptions {
  /** Default 0.001. */
  readonly learningRate?: number;
  /** How slowly the means of gradients and of their squares forget; default 0.9 and 0.999. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** AdamW's decay, for matrices alone (not for biases and gains); default 0. */
  readonly weightDecay?: number;
  /** Gradients are scaled down so that the norm of all together is at most this; default: not. */
  readonly clip?: number;
}

/** The means that Adam keeps of each parameter, in the contract's names. */
export interface AdamState {
  readonly steps: number;
  readonly means: ReadonlyMap<string, Float32Array>;
  readonly squares: ReadonlyMap<string, Float32Array>;
}
