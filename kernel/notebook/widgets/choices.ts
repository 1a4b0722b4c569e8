import { Control, type ControlOptions, type ValueControl } from "./control.ts";

export interface CheckboxOptions extends ControlOptions {
  readonly value?: boolean;
}

/** A box that is ticked or not. */
export class Checkbox extends Control<{ value: boolean; indent: boolean }> implements ValueControl<boolean> {
  constructor(options: CheckboxOptions = {}) {
    super("Checkbox", options, { value: options.value ?? false, indent: false }, "CheckboxStyleModel");
  }

  /** Whether it is ticked. */
  get value(): boolean {
    return this.state.value;
  }

  /** Ticks it, or not, in all its views. */
  set value(value: boolean) {
    this.set({ value });
  }

  onChange(observer: (value: boolean) => void): () => void {
    return this.observe("value", ({ value }) => observer(value));
  }
}

export interface DropdownOptions<T> extends ControlOptions {
  /** The choices: values that name themselves, or values by name. */
  readonly options: readonly T[] | Readonly<Record<string, T>>;
  /** The first choice where none is given. */
  readonly value?: T;
}

interface IndexState {
  index: number | null;
  _options_labels: readonly string[];
}

/**
 * One of several choices, in a list that folds.
 *
 * @example new Dropdown({ options: { small: 64, large: 512 }, description: "size" }).value // 64
 */
export class Dropdown<const T> extends Control<IndexState> implements ValueControl<T> {
  readonly #choices: readonly T[];

  /** Throws a `RangeError` where `value` is not one of the choices. */
  constructor(options: DropdownOptions<T>) {
    const named = choicesOf(options.options);
    const index =
      options.value === undefined ? 0 : named.findIndex(([, each]) => Object.is(each, options.value));
    if (index < 0)
      throw new RangeError(`the value is none of the choices ${named.map(([name]) => name).join(", ")}`);
    super("Dropdown", options, {
      _options_labels: named.map(([name]) => name),
      index: named.length === 0 ? null : index,
    });
    this.#choices = named.map(([, each]) => each);
  }

  /** The chosen one. Throws a `RangeError` where there is nothing to choose from. */
  get value(): T {
    const { index } = this.state;
    if (index === null || index >= this.#choices.length)
      throw new RangeError("there is nothing to choose from");
    return this.#choices[index] as T;
  }

  /** Chooses another, in all its views. */
  set value(value: T) {
    const index = this.#choices.findIndex((each) => Object.is(each, value));
    if (index < 0)
      throw new RangeError(`the value is none of the choices ${this.state._options_labels.join(", ")}`);
    this.set({ index });
  }

  onChange(observer: (value: T) => void): () => void {
    return this.observe("index", () => observer(this.value));
  }
}

function choicesOf<T>(options: readonly T[] | Readonly<Record<string, T>>): (readonly [string, T])[] {
  return isList(options) ? options.map((each) => [String(each), each]) : Object.entries(options);
}

function isList<T>(options: readonly T[] | Readonly<Record<string, T>>): options is readonly T[] {
  return Array.isArray(options);
}
