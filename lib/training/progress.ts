import { DISPLAY, type Displayable, type MimeBundle } from "../display/index.ts";

/** How far a training run is; shows itself as a loss curve. */
export class TrainingProgress implements Displayable {
  /** Steps done. */
  readonly step: number;
  readonly steps: number;
  /** The loss of every step so far, in nats. */
  readonly losses: readonly number[];
  /** Expected time until the end, from the steps of this run; `undefined` before there is one. */
  readonly secondsLeft: number | undefined;
  /** A loss that no model can go below on this data, if it was given. */
  readonly floor: number | undefined;

  constructor(
    steps: number,
    losses: readonly number[],
    secondsLeft: number | undefined,
    floor: number | undefined,
  ) {
    this.step = losses.length;
    this.steps = steps;
    this.losses = losses;
    this.secondsLeft = secondsLeft;
    this.floor = floor;
  }

  /** The loss of the last step. */
  get loss(): number | undefined {
    return this.losses.at(-1);
  }

  toString(): string {
    const loss = this.loss === undefined ? "" : `, loss ${this.loss.toFixed(4)} nats`;
    const floor =
      this.floor === undefined || this.loss === undefined ? "" : ` (floor ${this.floor.toFixed(4)})`;
    const isOver = this.step >= this.steps;
    const left = isOver || this.secondsLeft === undefined ? "" : `, ${duration(this.secondsLeft)} left`;
    return `step ${this.step} of ${this.steps}${loss}${floor}${left}`;
  }

  /** As a curve of the loss so far. */
  [DISPLAY](): MimeBundle {
    const svg = curve(this);
    return {
      "text/html": pictureOf(svg, this.toString()),
      "image/svg+xml": svg,
      "text/plain": this.toString(),
    };
  }
}

/** The curve as a picture in HTML: JupyterLab draws it in a notebook that is not trusted yet, where it draws no SVG. */
function pictureOf(svg: string, description: string): string {
  return `<img alt="${description}" src="data:image/svg+xml,${encodeURIComponent(svg)}">`;
}

/** @example duration(75) // "1 min 15 s" */
function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

const WIDTH = 480;
const HEIGHT = 160;
const EDGE = 40;

/** The loss over the steps as SVG: at most one point a pixel (means in between), the floor as a dashed line. */
function curve(progress: TrainingProgress): string {
  const { losses, steps, floor } = progress;
  const points = means(losses, WIDTH - 2 * EDGE);
  const values = [...points.map(([, loss]) => loss), ...(floor === undefined ? [] : [floor])].filter(
    Number.isFinite,
  );
  const highest = Math.max(...values, 0.001);
  const lowest = Math.min(0, ...values);
  const x = (step: number) => EDGE + ((WIDTH - 2 * EDGE) * step) / Math.max(1, steps);
  const y = (loss: number) => HEIGHT - 24 - ((HEIGHT - 48) * (loss - lowest)) / (highest - lowest);
  const path = points.map(([step, loss]) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`).join(" ");
  const text = (at: string, anchor: string, words: string) =>
    `<text ${at} text-anchor="${anchor}" font-size="11" fill="currentColor">${words}</text>`;
  const dashed =
    floor === undefined
      ? ""
      : `<line x1="${EDGE}" x2="${WIDTH - EDGE}" y1="${y(floor).toFixed(1)}" y2="${y(floor).toFixed(1)}" stroke="currentColor" stroke-dasharray="4 3" opacity="0.5"/>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" ` +
    `font-family="sans-serif" color="#888"><title>Loss in nats: ${progress.toString()}</title>` +
    text(`x="${EDGE}" y="14"`, "start", progress.toString()) +
    text(`x="${EDGE - 4}" y="${y(highest) + 4}"`, "end", highest.toFixed(2)) +
    text(`x="${EDGE - 4}" y="${y(lowest) + 4}"`, "end", lowest.toFixed(2)) +
    text(`x="${EDGE}" y="${HEIGHT - 8}"`, "start", "0") +
    text(`x="${WIDTH - EDGE}" y="${HEIGHT - 8}"`, "end", `${steps} steps`) +
    `<path d="M${EDGE},${HEIGHT - 24}H${WIDTH - EDGE}M${EDGE},24V${HEIGHT - 24}" stroke="currentColor" fill="none" opacity="0.4"/>` +
    dashed +
    `<polyline points="${path}" fill="none" stroke="#1f6fb4" stroke-width="1.5"/></svg>`
  );
}

/** At most `limit` points (step, loss), each the mean of equally many neighbours. */
function means(losses: readonly number[], limit: number): [number, number][] {
  const group = Math.max(1, Math.ceil(losses.length / limit));
  const points: [number, number][] = [];
  for (let start = 0; start < losses.length; start += group) {
    const part = losses.slice(start, start + group);
    points.push([start + part.length / 2, part.reduce((sum, loss) => sum + loss, 0) / part.length]);
  }
  return points;
}
