import { Control, type ControlOptions } from "./control.ts";

export interface ButtonOptions extends ControlOptions {
  /** What the colour says. */
  readonly kind?: "" | "primary" | "success" | "info" | "warning" | "danger";
  /** A name of Font Awesome's, for instance "play". */
  readonly icon?: string;
}

/**
 * A button.
 *
 * @example new Button({ description: "step" }).onClick(() => figure.update(model.step()));
 */
export class Button extends Control<{ button_style: string; icon: string }> {
  constructor(options: ButtonOptions = {}) {
    super(
      "Button",
      options,
      { button_style: options.kind ?? "", icon: options.icon ?? "" },
      "ButtonStyleModel",
    );
  }

  /** Calls `handler` with each click; gives a function that ends this. */
  onClick(handler: () => void): () => void {
    return this.onMessage((content) => {
      if ((content as { event?: string } | undefined)?.event === "click") handler();
    });
  }
}
