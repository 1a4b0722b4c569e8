import { escapeXml } from "../views/render.ts";
import { stillElement } from "../views/page.ts";
import { inertText } from "../views/label.ts";
import { headBoxes } from "../views/head-map.ts";
import { largestOfHeads, rowInWords, sweepMap, wordsAlong, type HeadRow } from "./figures.ts";
import type { Relation } from "./relation.ts";
import type { Sweep } from "./sweep.ts";
import type { WordReading } from "./vectors.ts";

/** The style of what {@link headChooser} writes. */
export const CHOOSER_STYLE =
  ".over{position:relative;display:inline-block;max-width:100%}.over button{all:unset;position:absolute;cursor:pointer;box-sizing:border-box;border-radius:3px}" +
  ".over button:hover,.over button:focus-visible{outline:2px solid #b3005e}.over button[aria-pressed=true]{outline:3px solid #b3005e}" +
  ".words{background:#fff;border-radius:4px}.words text{font:12px 'Segoe UI',Roboto,Arial,sans-serif;fill:#1f2933}";

/** Draws the words on the direction at the head that is chosen, in the list or on the map. */
export const CHOOSER_SCRIPT = `
const drawn = (name, attributes, text) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
};
document.querySelectorAll(".chooser").forEach((chooser) => {
  const { relation, heads } = JSON.parse(chooser.querySelector("script").textContent);
  const list = chooser.querySelector("select");
  const buttons = [...chooser.querySelectorAll(".over button")];
  const show = () => {
    const { place, found, words } = heads[list.selectedIndex];
    buttons.forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.head === list.value)));
    const [row, left, width] = [17, 150, 520];
    const ends = [Math.min(0, ...words.map(([, value]) => value)), Math.max(0, ...words.map(([, value]) => value))];
    const x = (value) => left + ((value - ends[0]) / (ends[1] - ends[0] || 1)) * (width - left - 60);
    const title = "Words on \\u201c" + relation + "\\u201d at " + place + ": " + found;
    const picture = drawn("svg", { class: "words", viewBox: "0 0 " + width + " " + (words.length * row + 34), width, role: "img", "aria-label": title + "; " + words.map(([word, value]) => word + " " + value).join(", ") });
    picture.append(drawn("text", { x: 6, y: 18, "font-weight": 700 }, title));
    words.forEach(([word, value, side], index) => {
      const y = 30 + index * row;
      picture.append(
        drawn("text", { x: left - 8, y: y + 12, "text-anchor": "end" }, word.length > 20 ? word.slice(0, 19) + "\\u2026" : word),
        drawn("rect", { x: Math.min(x(0), x(value)), y: y + 2, width: Math.max(1, Math.abs(x(value) - x(0))), height: row - 5, fill: side === 1 ? "#b35806" : "#2171b5" }),
        drawn("text", { x: Math.max(x(0), x(value)) + 4, y: y + 12 }, String(value)));
    });
    picture.append(drawn("line", { x1: x(0), x2: x(0), y1: 28, y2: 30 + words.length * row, stroke: "#5b6670" }));
    chooser.querySelector(".projection").replaceChildren(picture);
  };
  list.addEventListener("change", show);
  buttons.forEach((button) => button.addEventListener("click", () => { list.value = button.dataset.head; show(); }));
  chooser.querySelector(".choice").hidden = false;
  show();
});
`;

/**
 * The map of a relation's heads and the words on its direction at one of them: clicking a head of the map, or choosing it from the list, shows
 * it. Of each head the part is shown whose value the map has. Without the script there is the map alone.
 *
 * @param reading the relation's words; without it only the map is there
 */
export async function headChooser(
  sweep: Sweep,
  relation: Relation,
  reading: WordReading | undefined,
): Promise<string> {
  const map = sweepMap(sweep, relation.name);
  const still = await stillElement(map);
  const mine = sweep.rows.filter((row) => row.relation === relation.name);
  const rows = largestOfHeads(mine, ({ excess }) => excess);
  if (reading === undefined) return still;
  const heads = rows.map((row) => ({
    place: row.placeName,
    found: rowInWords(row)["found"] ?? "",
    words: wordsAlong(reading, relation, row.place).map(({ word, coordinate, group }) => [
      inertText(word),
      Number(coordinate.toPrecision(3)),
      group === "second words" ? 1 : 0,
    ]),
  }));
  const options = heads.map(
    ({ place, found }, index) =>
      `<option value="${nameOf(rows[index])}">${escapeXml(`${place}: ${found}`)}</option>`,
  );
  const data = JSON.stringify({ relation: inertText(relation.name), heads }).replaceAll("<", "\\u003c");
  const over = still.replace(
    /<img [^>]*>/u,
    (image) => `<div class="over">${image}${buttons(rows, map)}</div>`,
  );
  return `<div class="chooser">${over}<div class="choice" hidden><label>Click a head in the map, or choose it here, to see the words on its direction (orange: second words): <select>${options.join("")}</select></label><div class="projection"></div></div><script type="application/json">${data}</script></div>`;
}

/** A button over each head of the map; places in shares of the picture, which may be drawn smaller. */
function buttons(rows: readonly HeadRow[], map: Parameters<typeof headBoxes>[0]): string {
  const boxes = headBoxes(map);
  const heads = 1 + Math.max(...rows.map(({ place }) => place.head));
  const [width, height] = [Number(map.spec["width"]), Number(map.spec["height"])];
  const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(3)}%`;
  return rows
    .map((row) => {
      const box = boxes[row.place.layer * heads + row.place.head];
      if (!box) return "";
      const style = `left:${percent(box.x, width)};top:${percent(box.y, height)};width:${percent(box.width, width)};height:${percent(box.height, height)}`;
      const { found = "" } = rowInWords(row);
      return `<button data-head="${nameOf(row)}" style="${style}" aria-label="${escapeXml(`${row.placeName}: ${found}`)}" title="${escapeXml(`${row.placeName}: ${found}, ${row.excess.toFixed(1)} deviations over shuffled words`)}"></button>`;
    })
    .join("");
}

function nameOf(row: HeadRow | undefined): string {
  return row === undefined ? "" : `${row.place.layer}.${row.place.head}`;
}
