import { permuted, type Layout } from "./layout.ts";

/** Whether two tensors have the same axes (in any order) and sizes, and each pair of numbers agrees; NaN agrees with NaN. */
export function agrees(
  left: Layout,
  right: Layout,
  agree: (left: number, right: number) => boolean,
): boolean {
  if (left.axes.length !== right.axes.length) return false;
  const order = left.axes.map((axis) => right.axes.indexOf(axis));
  if (order.some((place, index) => place < 0 || right.shape[place] !== left.shape[index])) return false;
  const data = permuted(right.data, right.shape, order);
  for (let index = 0; index < left.data.length; index += 1) {
    const a = left.data[index] ?? 0;
    const b = data[index] ?? 0;
    if (!agree(a, b) && !(Number.isNaN(a) && Number.isNaN(b))) return false;
  }
  return true;
}
