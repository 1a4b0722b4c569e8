import type { TransformerConfiguration } from "../models/transformer/configuration.ts";
import { parameterSpecifications, type Parameters } from "../models/transformer/parameters.ts";
import { arrange, isWhole, type Arrangement } from "./arrangement.ts";
import { PretrainedError } from "./errors.ts";
import type { WeightFile } from "./weight-file.ts";

/** How far reading is, in weights. */
export interface ReadingProgress {
  readonly parameter: string;
  readonly done: number;
  readonly total: number;
}

/**
 * The weights that `configuration` asks for, each taken out of its stored tensor. All shapes are compared with what the
 * header says before the first tensor is read.
 * @param places where each parameter comes from, by its name in our contract
 * @throws PretrainedError naming the tensor that is missing or has another shape, and what was expected
 */
export async function readParameters(
  configuration: TransformerConfiguration,
  places: ReadonlyMap<string, Arrangement>,
  file: WeightFile,
  onProgress?: (progress: ReadingProgress) => void,
): Promise<Parameters> {
  const specifications = parameterSpecifications(configuration);
  const found = specifications.map((specification) => ({
    ...specification,
    place: checkedPlace(specification, places, file),
  }));
  const total = found.reduce((sum, { shape }) => sum + count(shape), 0);
  const parameters = new Map<string, Float32Array>();
  // what is put in another order needs its stored order for a moment only: all of that in the same memory
  const transient = found.flatMap(({ place }) =>
    place.from === undefined || isWhole(place) ? [] : [count(place.stored)],
  );
  const lent = new Float32Array(Math.max(0, ...transient));
  let done = 0;
  let last: { readonly name: string; readonly data: Float32Array } | undefined;
  for (const { name, shape, place } of found) {
    if (place.from === undefined) parameters.set(name, new Float32Array(count(shape)));
    else {
      // queries, keys and values of one fused tensor follow each other: read it once
      if (last?.name !== place.from || (last.data.buffer === lent.buffer && isWhole(place)))
        last = { name: place.from, data: await file.read(place.from, isWhole(place) ? undefined : lent) };
      parameters.set(name, arrange(last.data, place));
    }
    done += count(shape);
    onProgress?.({ parameter: name, done, total });
  }
  return parameters;
}

const count = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

function checkedPlace(
  {
    name,
    shape,
    axes,
  }: { readonly name: string; readonly shape: readonly number[]; readonly axes: readonly string[] },
  places: ReadonlyMap<string, Arrangement>,
  file: WeightFile,
): Arrangement {
  const place = places.get(name);
  if (!place)
    throw new PretrainedError(`nothing says where the parameter ${name} (${axes.join(", ")}) is stored`);
  if (count(place.sizes) !== count(shape))
    throw new PretrainedError(
      `${name} has ${count(shape)} weights, but its place holds ${count(place.sizes)}`,
    );
  if (place.from === undefined) return place;
  const stored = file.shapes.get(place.from);
  const expected = place.stored.join(" × ");
  if (!stored)
    throw new PretrainedError(`tensor ${place.from} is missing; expected ${expected}, for ${name}`);
  if (stored.join(" × ") !== expected)
    throw new PretrainedError(
      `tensor ${place.from} is ${stored.join(" × ") || "a single number"}; expected ${expected}, for ${name}`,
    );
  return place;
}
