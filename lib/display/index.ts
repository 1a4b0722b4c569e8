export { DISPLAY, METADATA, isDisplayable, type Displayable, type MimeBundle } from "./displayable.ts";
export { renderers, type LabelledMatrix } from "./renderers.ts";
