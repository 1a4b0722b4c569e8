import { DISPLAY, METADATA, type Displayable, type MimeBundle } from "../display/index.ts";
import { inertText } from "./label.ts";
import type { Node, Scene } from "./scene.ts";
import { ViewInputError } from "./view-input-error.ts";

/** What a figure is made of. */
export interface FigureParts {
  /** A line above the picture; empty where the view has nothing better to say than what is drawn. */
  readonly title: string;
  /** Alternative text: what is shown, with its main numbers. */
  readonly description: string;
  readonly kind: "vega" | "plotly";
  /** The specification of the interactive drawing. */
  readonly spec: Node;
  /** The Vega specification of the still picture, where that is not `spec`. */
  readonly still?: Node;
}

/**
 * A picture of numbers. As the last value of a cell it shows itself: interactive in JupyterLab and VS Code (also in a
 * notebook that is not trusted), as a PNG on GitHub and in nbconvert, as text in a terminal.
 *
 * @example await heatmap([[1, 2], [3, 4]]).save("matrix.svg")
 */
export class Figure implements Displayable {
  readonly title: string;
  /** Alternative text: what is shown, with its main numbers. */
  readonly description: string;
  /** "vega": `spec` is a Vega 5 specification; "plotly": `spec` has Plotly's `data` and `layout`. */
  readonly kind: "vega" | "plotly";
  readonly spec: Readonly<Record<string, unknown>>;
  readonly #still: Node;
  #svg: Promise<string> | undefined;
  readonly #png = new Map<number, Promise<Uint8Array>>();

  constructor(parts: FigureParts) {
    this.title = inertText(parts.title);
    this.description = inertText(parts.description);
    this.kind = parts.kind;
    this.spec = parts.spec;
    this.#still = parts.still ?? parts.spec;
  }

  /** The Vega specification of the still picture: `spec` itself, except in space. */
  get stillSpec(): Readonly<Record<string, unknown>> {
    return this.#still;
  }

  /** The still picture as SVG text: no script, no network, its fonts named with fallbacks. */
  svg(): Promise<string> {
    this.#svg ??= import("./render.ts").then(({ renderSvg }) =>
      renderSvg(this.#still, this.title, this.description),
    );
    return this.#svg;
  }

  /** The still picture as a PNG file, `scale` device pixels to the CSS pixel. */
  png(scale = 2): Promise<Uint8Array> {
    const known = this.#png.get(scale);
    if (known !== undefined) return known;
    const made = Promise.all([import("./render.ts"), this.svg()]).then(([{ renderPng }, svg]) =>
      renderPng(svg, scale),
    );
    this.#png.set(scale, made);
    return made;
  }

  /** One HTML file with the interactive drawing and the library that draws it; it needs no network. */
  async html(): Promise<string> {
    const { renderPage } = await import("./page.ts");
    return renderPage(this.kind, this.spec as Node, this.title, this.description);
  }

  /**
   * Writes the figure to `path`: .svg, .png, .html, or .json for its specification.
   *
   * @throws ViewInputError for another extension
   */
  async save(path: string): Promise<void> {
    const { writeFile } = await import("node:fs/promises");
    const extension = /\.(svg|png|html|json)$/iu.exec(path)?.[1]?.toLowerCase();
    if (extension === undefined)
      throw new ViewInputError(
        `"${path}" should end in .svg, .png, .html or .json, which says what to write.`,
      );
    if (extension === "svg") await writeFile(path, await this.svg());
    else if (extension === "png") await writeFile(path, await this.png());
    else if (extension === "html") await writeFile(path, await this.html());
    else await writeFile(path, JSON.stringify(this.spec));
  }

  /** One type that Lab draws by itself, a PNG for those that draw neither, and text. */
  async [DISPLAY](): Promise<MimeBundle> {
    // Lab's Plotly shows the PNG at its own size until the pointer comes: as large as the figure, then.
    const png = await this.png(this.kind === "plotly" ? 1 : 2);
    return {
      [this.kind === "vega" ? "application/vnd.vega.v5+json" : "application/vnd.plotly.v1+json"]: this.spec,
      "image/png": Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString("base64"),
      "text/plain": this.toString(),
    };
  }

  /** The PNG's size on a page: it has two device pixels to the CSS pixel, and would be drawn twice as large. */
  [METADATA](): Readonly<Record<string, unknown>> {
    const { width, height } = this.#still;
    return { "image/png": { width, height } };
  }

  /** The title and what is shown, in words. */
  toString(): string {
    return this.title === "" ? this.description : `${this.title}\n${this.description}`;
  }
}

/** A figure of a finished scene; `description` is its alternative text. */
export function sceneFigure(scene: Scene, description: string): Figure {
  const text = inertText(description);
  return new Figure({ title: scene.title, description: text, kind: "vega", spec: scene.spec(text) });
}
