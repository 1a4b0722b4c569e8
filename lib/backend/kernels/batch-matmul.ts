import type { BatchMatMulAttrs, KernelConfig, TensorInfo } from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../tensorflow.ts";
import type { FastKernels } from "./fast-kernels.ts";
import { addressOf, type WasmBackend } from "./wasm-memory.ts";

/**
 * TensorFlow.js' `BatchMatMul` by our kernel: [..., m, k] × [..., k, n] = [..., m, n], either operand transposed, leading axes broadcast.
 * The stock kernel leaves XNNPACK for a naive loop as soon as an operand is transposed or there is more than one matrix.
 */
export function batchMatMul(tf: TensorFlow, fast: FastKernels): KernelConfig {
  return {
    kernelName: tf.BatchMatMul,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
      const { transposeA, transposeB } = attrs as unknown as BatchMatMulAttrs;
      const [aRows, aColumns] = lastTwo(a.shape);
      const [bRows, bColumns] = lastTwo(b.shape);
      const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
      const [inner, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
      if (k !== inner || a.dtype !== "float32" || b.dtype !== "float32") {
        throw new Error(
          `matMul of [${a.shape.join(", ")}] ${a.dtype} and [${b.shape.join(", ")}] ${b.dtype}: ` +
            `the inner sizes ${k} and ${inner} must be equal, the numbers float32.`,
        );
      }
      const aLeading = a.shape.slice(0, -2);
      const bLeading = b.shape.slice(0, -2);
      const leading = tf.broadcast_util.assertAndGetBroadcastShape(aLeading, bLeading);
      const wasm = backend as unknown as WasmBackend;
      const out = wasm.makeOutput([...leading, m, n], "float32");
      const c = addressOf(wasm, out);
      const aRow = transposeA ? 1 : k;
      const aColumn = transposeA ? m : 1;
      const bRow = transposeB ? 1 : n;
      const bColumn = transposeB ? k : 1;
      const product = (
        batch: number,
        rows: number,
        aAt: number,
        aBatch: number,
        bAt: number,
        bBatch: number,
        at: number,
      ) => {
        fast.product(
          rows,
          n,
          k,
          { at: aAt, row: aRow, column: aColumn, batch: aBatch },
          { at: bAt, row: bRow, column: bColumn, batch: bBatch },
          { at, row: n, batch: rows * n },
          { batch },
        );
      };
      const [aAt, bAt] = [addressOf(wasm, a), addressOf(wasm, b)];
      const [aCount, bCount, count] = [size(aLeading), size(bLeading), size(leading)];
      if (bCount === 1 && !transposeA) product(1, count * m, aAt, 0, bAt, 0, c);
      else if ((aCount === count || aCount === 1) && (bCount === count || bCount === 1)) {
        product(count, m, aAt, aCount === 1 ? 0 : m * k, bAt, bCount === 1 ? 0 : k * n, c);
      } else {
        for (let item = 0; item < count; item++) {
          const aItem = broadcastIndex(item, leading, aLeading);
          const bItem = broadcastIndex(item, leading, bLeading);
          product(1, m, aAt + aItem * m * k * 4, 0, bAt + bItem * k * n * 4, 0, c + item * m * n * 4);
        }
      }
      return out;
    },
  };
}

function lastTwo(shape: readonly number[]): [number, number] {
  return [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Which matrix of an operand with the leading axes `own` the `item`-th of the broadcast ones is. */
function broadcastIndex(item: number, leading: readonly number[], own: readonly number[]): number {
  let index = 0;
  let step = 1;
  for (let axis = leading.length - 1, rest = item; axis >= 0; axis--) {
    const length = leading[axis] ?? 1;
    const ownLength = own[axis - leading.length + own.length] ?? 1;
    if (ownLength !== 1) index += (rest % length) * step;
    step *= ownLength;
    rest = Math.floor(rest / length);
  }
  return index;
}
