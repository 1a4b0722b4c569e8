/**
 * What a cell may ask of the kernel: `import { display, html, progress } from "matrix-composition/notebook"`. The same calls
 * print text where a script runs them.
 */
export { clearOutput, display, update, type DisplayHandle, type DisplayOptions } from "./display.ts";
export { DISPLAY, type Displayable } from "./displayable.ts";
export { confirm, password, prompt } from "./input.ts";
export { html, image, json, latex, markdown, mime, svg, type ImageOptions } from "./media.ts";
export { page } from "./page.ts";
export { progress, type Progress, type ProgressOptions } from "./progress.ts";
export * from "./widgets/index.ts";
