import { DISPLAY, renderers } from "../display/index.ts";
import { heatmap } from "./heatmap.ts";

// A large tensor shows itself as a heatmap once the views are loaded.
renderers.matrix = (matrix) =>
  heatmap(matrix, matrix.title === undefined ? {} : { title: matrix.title })[DISPLAY]();
