import { Control, type ControlOptions, type ValueControl } from "./control.ts";

export interface RangeOptions extends ControlOptions {
  readonly value?: number;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
}

/** What a slider covers, and how it looks. */
export interface SliderOptions extends RangeOptions {
  readonly orientation?: "horizontal" | "vertical";
  /** Whether the value follows the dragging, or only its end. */
  readonly continuous?: boolean;
  /** How the number beside it is written, in d3-format's words. */
  readonly format?: string;
}

interface RangeState {
  value: number;
  min: number;
  max: number;
  step: number;
}

class Slider extends Control<RangeState & Record<string, unknown>> implements ValueControl<number> {
  constructor(
    name: string,
    options: SliderOptions,
    defaults: { readonly max: number; readonly step: number; readonly format: string },
  ) {
    const { min = 0, max = defaults.max, step = defaults.step } = options;
    super(
      name,
      options,
      {
        value: Math.min(max, Math.max(min, options.value ?? min)),
        min,
        max,
        step,
        orientation: options.orientation ?? "horizontal",
        continuous_update: options.continuous ?? true,
        readout: true,
        readout_format: options.format ?? defaults.format,
      },
      "SliderStyleModel",
    );
  }

  /** Where it stands, between `min` and `max`. */
  get value(): number {
    return this.state.value;
  }

  /** Moves it, in all its views. */
  set value(value: number) {
    this.set({ value: Math.min(this.state.max, Math.max(this.state.min, value)) });
  }

  onChange(observer: (value: number) => void): () => void {
    return this.observe("value", ({ value }) => observer(value));
  }
}

/**
 * A slider over whole numbers, 0 to 100 where nothing else is said.
 *
 * @example
 * const layer = new IntSlider({ max: 11, description: "layer" });
 * layer.onChange((value) => figure.update(attention(value)));
 */
export class IntSlider extends Slider {
  constructor(options: SliderOptions = {}) {
    super("IntSlider", options, { max: 100, step: 1, format: "d" });
  }
}

/** A slider over numbers, 0 to 10 in steps of 0.1 where nothing else is said. */
export class FloatSlider extends Slider {
  constructor(options: SliderOptions = {}) {
    super("FloatSlider", options, { max: 10, step: 0.1, format: ".2f" });
  }
}

/** What a number runs through, and how fast. */
export interface PlayOptions extends RangeOptions {
  /** Milliseconds between two steps. */
  readonly interval?: number;
  readonly repeat?: boolean;
}

/** Buttons that let a number run: play, pause, back; see `link` to let a slider run with it. */
export class Play extends Control<RangeState & Record<string, unknown>> implements ValueControl<number> {
  constructor(options: PlayOptions = {}) {
    const { min = 0, max = 100, step = 1, interval = 100, repeat = false } = options;
    super("Play", options, {
      value: options.value ?? min,
      min,
      max,
      step,
      interval,
      repeat,
      show_repeat: true,
      playing: false,
    });
  }

  /** Where it is, between `min` and `max`. */
  get value(): number {
    return this.state.value;
  }

  /** Goes there, in all its views. */
  set value(value: number) {
    this.set({ value });
  }

  onChange(observer: (value: number) => void): () => void {
    return this.observe("value", ({ value }) => observer(value));
  }
}
