import { Control, type ControlOptions } from "./control.ts";
import { reference, type AnyWidget } from "./widget.ts";

class Box extends Control<{ children: readonly string[]; box_style: string }> {
  constructor(name: string, children: readonly AnyWidget[], options: ControlOptions) {
    super(name, options, { children: children.map(reference), box_style: "" }, null);
  }

  /** What is in it, in order. */
  setChildren(children: readonly AnyWidget[]): void {
    this.set({ children: children.map(reference) });
  }
}

/** Widgets side by side. */
export class HBox extends Box {
  constructor(children: readonly AnyWidget[], options: ControlOptions = {}) {
    super("HBox", children, options);
  }
}

/** Widgets one below the other. */
export class VBox extends Box {
  constructor(children: readonly AnyWidget[], options: ControlOptions = {}) {
    super("VBox", children, options);
  }
}
