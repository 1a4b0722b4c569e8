import { reference, Widget } from "./widget.ts";

/** What every control may be told. CSS lengths such as "20em" where a size is asked for. */
export interface ControlOptions {
  /** The words beside it. */
  readonly description?: string;
  readonly disabled?: boolean;
  readonly tooltip?: string;
  readonly width?: string;
  readonly height?: string;
}

/** The part of a control's state that all have. */
export interface ControlState {
  description: string;
  disabled: boolean;
  tooltip: string | null;
  layout: string;
  style?: string;
}

/** Widths that keep a description whole. */
const DESCRIPTION_WIDTH = "initial";

/** How a widget of ipywidgets lies on the page: CSS properties by their names there, for instance `width`. */
export class Layout extends Widget<Record<string, string | null>> {
  constructor(properties: Readonly<Record<string, string | null>>) {
    super(
      { model: "LayoutModel", view: "LayoutView", module: "@jupyter-widgets/base", version: "2.0.0" },
      properties,
    );
  }
}

class Style extends Widget<Record<string, string | null>> {
  constructor(model: string, properties: Readonly<Record<string, string | null>>) {
    super(
      {
        model,
        view: "StyleView",
        module: "@jupyter-widgets/controls",
        version: "2.0.0",
        viewModule: "@jupyter-widgets/base",
      },
      properties,
    );
  }
}

/** A control of `@jupyter-widgets/controls` 2.0.0; `name` is ipywidgets' name for it. */
export class Control<State extends object> extends Widget<State & ControlState> {
  readonly layout: Layout;

  constructor(
    name: string,
    options: ControlOptions,
    state: State,
    style: string | null = "DescriptionStyleModel",
  ) {
    const layout = new Layout({ width: options.width ?? null, height: options.height ?? null });
    const isDescribed = style !== null && style !== "ButtonStyleModel";
    super(
      {
        model: `${name}Model`,
        view: `${name}View`,
        module: "@jupyter-widgets/controls",
        version: "2.0.0",
      },
      {
        description: options.description ?? "",
        disabled: options.disabled ?? false,
        tooltip: options.tooltip ?? null,
        layout: reference(layout),
        ...(style !== null && {
          style: reference(new Style(style, isDescribed ? { description_width: DESCRIPTION_WIDTH } : {})),
        }),
        ...state,
      },
    );
    this.layout = layout;
  }
}

/** A control with a value that can be observed; what `interact` works with. */
export interface ValueControl<T> extends Pick<Widget<object>, "id" | "close"> {
  value: T;
  /** Calls `observer` with each new value; gives a function that ends this. */
  readonly onChange: (observer: (value: T) => void) => () => void;
}
