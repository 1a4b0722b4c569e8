import { extent } from "./colours.ts";
import { fitText, inertText } from "./label.ts";
import { arrowPath, drawPoints, type Segment } from "./points.ts";
import { Scene, type Json, type Node } from "./scene.ts";
import { THEME } from "./theme.ts";

type Place = readonly [number, number, number];

/** A vector in space. */
export interface SpacePoint {
  readonly at: Place;
  readonly label: string;
  readonly colour: string;
}

/** What is drawn in space. */
export interface Space {
  readonly points: readonly SpacePoint[];
  readonly before: readonly Place[] | undefined;
  readonly pairs: readonly (readonly [number, number])[];
  readonly names: readonly string[];
  readonly arrows: boolean;
  readonly title: string;
  readonly width: number;
  readonly height: number;
}

/**
 * Plotly reads tags and entities in its labels; with other brackets there are none. Its glyph cache is a plain object,
 * so that a label such as "constructor" stops the drawing: a space behind it makes it a key like any other.
 */
export function plotlyText(text: string): string {
  const plain = inertText(text)
    .replace(/</gu, "‹")
    .replace(/>/gu, "›")
    .replace(/&(?=#?\w+;)/gu, "＆");
  return plain in {} ? `${plain} ` : plain;
}

/** A Plotly figure (`data`, `layout`) that can be turned with the mouse. */
export function plotlySpace(space: Space): Node {
  const { points, before, pairs, names } = space;
  const axis = (index: 0 | 1 | 2): Json => points.map(({ at }) => round(at[index]));
  const lines = (segments: readonly (readonly [Place, Place])[], colour: string, dash: string, name: string): Json => ({
    type: "scatter3d", mode: "lines", hoverinfo: "skip", showlegend: false, name,
    line: { color: colour, width: 3, dash },
    ...Object.fromEntries((["x", "y", "z"] as const).map((letter, index) => [letter, segments.flatMap(([from, to]) => [round(from[index] ?? 0), round(to[index] ?? 0), null])])),
  }); // prettier-ignore
  const title = (index: number): Json => ({
    title: { text: plotlyText(names[index] ?? "") },
    zerolinecolor: THEME.muted,
    gridcolor: THEME.faint,
    backgroundcolor: "#ffffff",
    showbackground: false,
  });
  const at = (index: number): Place => points[index]?.at ?? [0, 0, 0];
  return {
    data: [
      ...(space.arrows
        ? [
            lines(
              points.map((point) => [[0, 0, 0], point.at]),
              "#6f9fc8",
              "solid",
              "from the origin",
            ),
          ]
        : []),
      ...(before === undefined
        ? []
        : [
            lines(
              before.map((from, index) => [from, at(index)]),
              "#9aa5ae",
              "dot",
              "from before to after",
            ),
          ]),
      ...(pairs.length === 0
        ? []
        : [
            lines(
              pairs.map(([from, to]) => [at(from), at(to)]),
              THEME.accent,
              "dash",
              "pairs",
            ),
          ]),
      {
        type: "scatter3d", mode: "markers+text", x: axis(0), y: axis(1), z: axis(2),
        text: points.map(({ label }) => plotlyText(label)), hoverinfo: "x+y+z+text", textposition: "top center", showlegend: false,
        marker: { size: 5, color: points.map(({ colour }) => colour) }, textfont: { size: 12, color: THEME.ink },
      }, // prettier-ignore
    ],
    layout: {
      title: { text: plotlyText(space.title), x: 0.02, font: { size: 15 } },
      width: space.width,
      height: space.height,
      margin: { l: 0, r: 0, t: 40, b: 0 },
      paper_bgcolor: "#ffffff",
      font: { color: THEME.ink },
      scene: {
        xaxis: title(0),
        yaxis: title(1),
        zaxis: title(2),
        aspectmode: "data",
        camera: { eye: { x: 1.4, y: 1.4, z: 0.9 } },
      },
    },
  };
}

/** The same seen from one side, as a still picture. */
export function stillSpace(space: Space, description: string): Node {
  const { points, before, pairs, names } = space;
  const scene = new Scene(space.width, space.title, "In JupyterLab: point at it, then drag to turn it.");
  scene.height = space.height;
  const all = [
    ...points.map((point) => point.at),
    ...(before ?? []),
    ...(space.arrows ? [[0, 0, 0] as const] : []),
  ];
  const ranges = ([0, 1, 2] as const).map((axis) => extent(all.map((place) => place[axis])));
  const span = Math.max(...ranges.map(([low, high]) => high - low)) || 1;
  const centre = ranges.map(([low, high]) => (low + high) / 2);
  const frame = { left: 12, right: space.width - 12, top: scene.top + 6, bottom: space.height - 12 };
  const middle = [(frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2] as const;
  let scale = 1;
  const see = (place: Place): [x: number, y: number, depth: number] => {
    const [x, y, z] = place.map((value, axis) => value - (centre[axis] ?? 0)) as [number, number, number];
    const [turn, tilt] = [0.65, 0.42];
    const right = x * Math.cos(turn) - y * Math.sin(turn);
    const away = x * Math.sin(turn) + y * Math.cos(turn);
    return [
      middle[0] + right * scale,
      middle[1] - (z * Math.cos(tilt) + away * Math.sin(tilt) * 0.8) * scale,
      away,
    ];
  };
  const reach = (axis: 0 | 1): number =>
    Math.max(1e-9, ...all.map((place) => Math.abs(see(place)[axis] - middle[axis])));
  scale = Math.min(
    (frame.right - frame.left - 140) / 2 / reach(0),
    (frame.bottom - frame.top - 70) / 2 / reach(1),
  );
  const corner = ranges.map(([low]) => low) as unknown as Place;
  const ends = ([0, 1, 2] as const).map(
    (axis) =>
      corner.map((value, index) =>
        index === axis ? (ranges[axis]?.[1] ?? value) : value,
      ) as unknown as Place,
  );
  const at = (place: Place): [number, number] => [see(place)[0], see(place)[1]];
  scene.draw(
    "path",
    ends.map((end) => ({ path: arrowPath(...at(corner), ...at(end)), stroke: THEME.muted })),
  );
  const place = (index: number): Place => points[index]?.at ?? [0, 0, 0];
  if (space.arrows)
    scene.draw(
      "path",
      points.map(({ at: end, colour }) => ({
        path: arrowPath(...at([0, 0, 0]), ...at(end)),
        stroke: colour,
        strokeWidth: 1.5,
        strokeOpacity: 0.7,
      })),
    );
  scene.draw(
    "path",
    (before ?? []).map((from, index) => ({
      path: arrowPath(...at(from), ...at(place(index))),
      stroke: "#9aa5ae",
    })),
  );
  scene.draw(
    "path",
    pairs.map(([from, to]) => ({
      path: `M${at(place(from)).join(",")}L${at(place(to)).join(",")}`,
      stroke: THEME.accent,
      strokeDash: [5, 3],
    })),
  );
  const seen = points
    .map((point) => ({ point, seen: see(point.at) }))
    .toSorted((left, right) => right.seen[2] - left.seen[2]);
  // The axes' names are placed like labels, clear of the arrows.
  const axisNames = ends.map((end, axis) => ({
    x: at(end)[0],
    y: at(end)[1],
    label: fitText((names[axis] ?? "").replace(/ \(.*\)$/u, ""), 180),
    colour: THEME.muted,
    ink: THEME.muted,
    size: 0,
  }));
  const lines: Segment[] = [
    ...ends.map((end): Segment => [at(corner), at(end)]),
    ...(space.arrows ? points.map(({ at: end }): Segment => [at([0, 0, 0]), at(end)]) : []),
    ...(before ?? []).map((from, index): Segment => [at(from), at(place(index))]),
    ...pairs.map(([from, to]): Segment => [at(place(from)), at(place(to))]),
  ];
  const labelled = seen.map(({ point, seen: [x, y, depth] }) => ({
    x,
    y,
    label: point.label,
    colour: point.colour,
    size: 60 - Math.max(-25, Math.min(25, (depth / span) * 40)),
  }));
  drawPoints(scene, [...labelled, ...axisNames], frame, { tooltip: false, labels: true, lines });
  return scene.spec(description);
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}
