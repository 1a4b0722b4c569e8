export {
  Anywidget,
  type AnywidgetOptions,
  type BrowserModel,
  type Command,
  type RenderContext,
} from "./anywidget.ts";
export { HBox, VBox } from "./boxes.ts";
export { Button, type ButtonOptions } from "./button.ts";
export { Checkbox, Dropdown, type CheckboxOptions, type DropdownOptions } from "./choices.ts";
export { Layout, type ControlOptions, type ValueControl } from "./control.ts";
export {
  interact,
  type ControlFor,
  type ControlledValue,
  type DrawingWithControls,
  type Interaction,
  type RangeControl,
} from "./interact.ts";
export { link } from "./link.ts";
export { Output } from "./output.ts";
export { FloatSlider, IntSlider, Play, type PlayOptions, type SliderOptions } from "./sliders.ts";
export { HTML, Label, Text, type TextOptions } from "./texts.ts";
export { Widget, type AnyWidget, type WidgetKind } from "./widget.ts";
