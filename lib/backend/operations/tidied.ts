import type { TensorFlow } from "../tensorflow.ts";

/**
 * What `body` gives; every tensor of TensorFlow.js made in it is freed, except those that it keeps with `tf.keep`. Unlike `tf.tidy` it does not look
 * for tensors in the result.
 */
export function tidied<T>({ tf }: { readonly tf: TensorFlow }, body: () => T): T {
  const engine = tf.engine();
  engine.startScope();
  try {
    return body();
  } finally {
    engine.endScope();
  }
}
