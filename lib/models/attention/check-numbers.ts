import type { Tensor } from "../../tensor/index.ts";
import { WeightError } from "../errors.ts";

/**
 * Throws `WeightError` when one of the tensors has a NaN or an infinite number, naming the tensor and the cell.
 *
 * @param tensors by the names that the message uses
 */
export function checkNumbers(tensors: Readonly<Record<string, Tensor<readonly string[]> | undefined>>): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    const cell = tensor === undefined ? -1 : firstNotFinite(tensor);
    if (tensor === undefined || cell < 0) continue;
    const places: string[] = [];
    let rest = cell;
    for (const [place, axis] of [...tensor.axes.entries()].reverse()) {
      const size = tensor.shape[place] ?? 1;
      const index = rest % size;
      rest = Math.floor(rest / size);
      places.unshift(`${axis} ${tensor.labels(axis)?.[index] ?? index}`);
    }
    throw new WeightError(
      `${name} has ${tensor.data[cell] ?? ""} at ${places.join(", ")}; every weight has to be a finite number.`,
    );
  }
}

function firstNotFinite({ data }: Tensor<readonly string[]>): number {
  for (let index = 0; index < data.length; index++) if (!Number.isFinite(data[index])) return index;
  return -1;
}
