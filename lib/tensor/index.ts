export type {
  Axes,
  Cell,
  LabelsOf,
  Nested,
  NestedArray,
  NestedNumbers,
  PartialCell,
  PerAxis,
  Place,
  Product,
  Renamed,
  Shape,
  Without,
} from "./axes.ts";
export { AxisError, IndexError, LabelError, NumberError, SizeError, TensorError } from "./errors.ts";
export type { Entry } from "./entry.ts";
export type { TensorJson } from "./plain.ts";
export { Tensor, type Numbers } from "./tensor.ts";
export { identity, ones, tensor, zeros, type ArrayOptions, type TensorOptions } from "./create.ts";
export { oneHot } from "./one-hot.ts";
export {
  randomNormal,
  randomNormalNumbers,
  randomNumbers,
  randomUniform,
  type RandomOptions,
} from "./random.ts";
export { concatenate, stack } from "./combine.ts";
export { softmax } from "./softmax.ts";
export { cosine } from "./cosine.ts";
export { nearMisses } from "./near-misses.ts";
export { singularValues, svd, type SingularValueDecomposition } from "./svd.ts";
export {
  eigenvalues,
  magnitude,
  symmetricEigen,
  type ComplexNumber,
  type SymmetricEigen,
} from "./eigenvalues.ts";
export { qr } from "./qr.ts";
export { pca, type PrincipalComponents } from "./pca.ts";
export { determinant, inverse, pseudoInverse, rank, solve, trace } from "./linear-systems.ts";
export { factored, FactoredMatrix } from "./factored-matrix.ts";
export { explain, type ExplainOptions } from "./explain/explain.ts";
export { Explanation, type Factor, type Move, type Step, type Term } from "./explain/explanation.ts";
export { visibleLabel } from "./visible-label.ts";
export {
  fromTensorFlow,
  tensorFromJson,
  toTensorFlow,
  type TensorFlow,
  type TensorFlowTensor,
} from "./conversions.ts";
