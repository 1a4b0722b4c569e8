import { Control, type ControlOptions, type ValueControl } from "./control.ts";

export interface TextOptions extends ControlOptions {
  readonly value?: string;
  /** Shown while it is empty. */
  readonly placeholder?: string;
  /** Whether the value follows the typing, or only Enter and leaving it. */
  readonly continuous?: boolean;
}

interface TextState {
  value: string;
  placeholder: string;
  continuous_update?: boolean;
}

class TextControl extends Control<TextState> implements ValueControl<string> {
  /** What it says. */
  get value(): string {
    return this.state.value;
  }

  /** Says something else, in all its views. */
  set value(value: string) {
    this.set({ value });
  }

  onChange(observer: (value: string) => void): () => void {
    return this.observe("value", ({ value }) => observer(value));
  }
}

/** A line of text that its user writes. */
export class Text extends TextControl {
  constructor(options: TextOptions = {}) {
    const { value = "", placeholder = "", continuous = true } = options;
    super("Text", options, { value, placeholder, continuous_update: continuous }, "TextStyleModel");
  }
}

/** A line of text that the kernel writes; its user reads. */
export class Label extends TextControl {
  constructor(value = "", options: ControlOptions = {}) {
    super("Label", options, { value, placeholder: "" }, "LabelStyleModel");
  }
}

/** HTML that the kernel writes. */
export class HTML extends TextControl {
  constructor(value = "", options: ControlOptions = {}) {
    super("HTML", options, { value, placeholder: "" }, "HTMLStyleModel");
  }
}
