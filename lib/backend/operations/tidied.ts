import type { TensorContainer } from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.ts";
import type { Arithmetic } from "./arithmetic.ts";

/**
 * What `body` gives; every tensor of TensorFlow.js made in it is freed, except those that it keeps with `tf.keep`. Unlike `tf.tidy` it does not look
 * for tensors in the result.
 *
 * @throws {BackendError} when TensorFlow.js was switched to another backend since the model was made
 */
export function tidied<T>({ tf, backend, fast }: Omit<Arithmetic, "tape">, body: () => T): T {
  if (backend !== undefined && tf.getBackend() !== backend) {
    throw new BackendError(
      `TensorFlow.js was switched to ${tf.getBackend()}; this model lives on ${backend}: await tf.setBackend("${backend}") first.`,
    );
  }
  fast?.helpers.startIfWorth();
  const engine = tf.engine();
  engine.startScope();
  try {
    return body();
  } finally {
    engine.endScope();
  }
}

/**
 * What `body` gives, with only its tensors: all others that were made in it are freed at once, so that what comes next lies in memory that the processor still
 * has at hand. With a tape, which needs them, all stay.
 */
export function onlyKept<T extends TensorContainer>({ tf, tape }: Arithmetic, body: () => T): T {
  return tape === undefined ? tf.tidy(body) : body();
}

/**
 * Remembers which scopes of TensorFlow.js are open. What it gives ends all that were opened since and are open still: an interrupt
 * cuts work off without its `finally`, so that the tensors of that work would stay, and those of all later work with them.
 */
export function scopesOpenNow({ tf }: Pick<Arithmetic, "tf">): () => void {
  const engine = tf.engine();
  const { scopeStack, kernelDepth } = engine.state;
  const depth = scopeStack.length;
  return () => {
    while (engine.state.scopeStack.length > depth) engine.endScope();
    engine.state.kernelDepth = kernelDepth;
  };
}
