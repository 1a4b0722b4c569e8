import { DISPLAY, METADATA, type Displayable } from "../displayable.ts";
import { VBox } from "./boxes.ts";
import { Checkbox, Dropdown } from "./choices.ts";
import type { ControlOptions, ValueControl } from "./control.ts";
import { Output } from "./output.ts";
import { FloatSlider, IntSlider } from "./sliders.ts";
import { Text } from "./texts.ts";
import type { AnyWidget } from "./widget.ts";

/** The ends of a slider; whole numbers make a slider of whole numbers. */
export interface RangeControl {
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly value?: number;
}

/**
 * How a value is asked for: a control; the ends of a slider; choices, as a list; or a first value, which makes a box to tick
 * or a line of text.
 */
export type ControlFor =
  ValueControl<unknown> | RangeControl | readonly (string | number | boolean)[] | boolean | string;

/** The type of the value that a control gives. */
export type ControlledValue<C> =
  C extends ValueControl<infer T>
    ? T
    : C extends RangeControl
      ? number
      : C extends readonly (infer T)[]
        ? T
        : C extends boolean
          ? boolean
          : C extends string
            ? string
            : never;

/** What a function shows, with controls for its arguments above it. */
export interface Interaction extends Displayable {
  /** The controls by the names of the arguments. */
  readonly controls: Readonly<Record<string, ValueControl<unknown>>>;
  /** Where the function's output goes. */
  readonly output: Output;
  /** Calls the function again with the present values; resolves when its result is shown. */
  readonly run: () => Promise<void>;
}

/** A drawing that brings its controls along, such as the library's `explore(…)` gives. */
export interface DrawingWithControls {
  readonly controls: Readonly<Record<string, ControlFor>>;
  /** Draws for the present values of the controls. */
  readonly draw: (values: Readonly<Record<string, unknown>>) => unknown;
}

/**
 * Calls `draw` with the values of controls, shows what it gives, prints and throws, and does so again whenever a control
 * changes, also while a cell awaits. Calls never overlap: the latest values win. A drawing may bring its controls along.
 *
 * @example interact(explore(patterns, ["layer", "head"], (pattern) => heatmap(pattern)))
 * @example interact(({ head, scaled }) => heatmap(attention(head, scaled)), { head: { min: 0, max: 7 }, scaled: true })
 */
export function interact(drawing: DrawingWithControls): Interaction;
export function interact<const C extends Readonly<Record<string, ControlFor>>>(
  draw: (values: { -readonly [Name in keyof C]: ControlledValue<C[Name]> }) => unknown,
  controls: C,
): Interaction;
export function interact(
  drawing: DrawingWithControls | DrawingWithControls["draw"],
  given: Readonly<Record<string, ControlFor>> = {},
): Interaction {
  const { draw, controls } = typeof drawing === "function" ? { draw: drawing, controls: given } : drawing;

  const made = Object.entries(controls).map(([name, control]) => [name, controlFor(name, control)] as const);
  const output = new Output();
  const box = new VBox([...made.map(([, control]) => control as ValueControl<unknown> & AnyWidget), output]);
  let running: Promise<void> | undefined;
  let isStale = false;

  const once = async (): Promise<void> => {
    const values = Object.fromEntries(made.map(([name, control]) => [name, control.value]));
    output.clear({ wait: true });
    try {
      const result = await output.capture(() => draw(values));
      // What was printed stays above the result; otherwise the result takes the old one's place in one step.
      if (output.isClearing) await output.replace(result);
      else await output.append(result);
    } catch (error) {
      await output.replace(error);
    }
  };
  const run = (): Promise<void> => {
    isStale = true;
    running ??= (async () => {
      while (isStale) {
        isStale = false;
        await once();
      }
      running = undefined;
    })();
    return running;
  };

  for (const [, control] of made) control.onChange(() => void run());
  const first = run();
  return {
    controls: Object.fromEntries(made),
    output,
    run,
    [DISPLAY]: async () => {
      await first;
      return { ...(await box[DISPLAY]()), ...fallback(output) };
    },
    [METADATA]: () => (shownFirst(output)?.["metadata"] ?? {}) as Readonly<Record<string, unknown>>,
  };
}

function shownFirst(output: Output): Readonly<Record<string, unknown>> | undefined {
  return output.state.outputs.find((each) => each["output_type"] === "display_data");
}

/** The first result as a still, for readers of the saved notebook that run no widgets. */
function fallback(output: Output): Readonly<Record<string, unknown>> {
  const data = shownFirst(output)?.["data"] as Readonly<Record<string, unknown>> | undefined;
  const still = Object.entries(data ?? {}).filter(([type]) =>
    /^(image\/|text\/html|text\/markdown|text\/plain)/.test(type),
  );
  return Object.fromEntries(still);
}

function controlFor(name: string, control: ControlFor): ValueControl<unknown> {
  const options: ControlOptions = { description: name };
  if (typeof control === "boolean") return new Checkbox({ ...options, value: control });
  if (typeof control === "string") return new Text({ ...options, value: control });
  if (isList(control)) return new Dropdown({ ...options, options: control });
  if ("onChange" in control) return control;
  const numbers = [control.min, control.max, control.step ?? 1, control.value ?? control.min];
  const range = {
    ...options,
    min: control.min,
    max: control.max,
    ...(control.value !== undefined && { value: control.value }),
  };
  if (numbers.every(Number.isInteger)) return new IntSlider({ ...range, step: control.step ?? 1 });
  return new FloatSlider({
    ...range,
    step: control.step ?? (control.max - control.min) / 100,
  });
}

function isList(control: ControlFor): control is readonly (string | number | boolean)[] {
  return Array.isArray(control);
}
