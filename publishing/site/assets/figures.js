// Draws the figures of a page from their specifications. The picture of a figure stays where it cannot be drawn.
{
  const { vega, Plotly } = /** @type {{ vega: any, Plotly: any }} */ (/** @type {unknown} */ (globalThis));

  /** Nothing but what a specification has inside is ever loaded. */
  const closedLoader = () => {
    const refuse = () => Promise.reject(new Error("a figure of this site loads nothing"));
    /** @param {string} uri */
    const sanitize = (uri) => (uri.startsWith("data:image/") ? Promise.resolve({ href: uri }) : refuse());
    return { load: refuse, http: refuse, file: refuse, sanitize };
  };

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);

  /**
   * Text only: nothing in a label is ever markup.
   *
   * @param {unknown} _handler @param {MouseEvent} event @param {unknown} _item @param {unknown} value
   */
  const showTip = (_handler, event, _item, value) => {
    tip.hidden = value === null || value === undefined || value === "";
    if (tip.hidden) return;
    const lines =
      typeof value === "object" ? Object.entries(value ?? {}).map((pair) => pair.join(": ")) : [value];
    tip.textContent = lines.join("\n");
    const { clientX: x, clientY: y } = event;
    const below = y + 16 + tip.offsetHeight <= innerHeight;
    tip.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${below ? y + 16 : y - tip.offsetHeight - 8}px`;
  };
  document.addEventListener("scroll", () => (tip.hidden = true), { passive: true, capture: true });

  /** @type {Record<string, (place: HTMLElement, specification: any) => Promise<unknown>>} */
  const DRAWERS = {
    vega: (place, specification) => {
      const view = new vega.View(vega.parse(specification), {
        renderer: "svg",
        container: place,
        hover: true,
        loader: closedLoader(),
        logLevel: vega.Error,
      });
      return view.tooltip(showTip).runAsync();
    },
    plotly: (place, { data, layout }) =>
      Plotly.newPlot(place, data, layout, { displaylogo: false, responsive: false, displayModeBar: true }),
  };

  /** @param {HTMLElement} figure */
  const draw = async (figure) => {
    const text = figure.querySelector("script[type='application/json']")?.textContent ?? "";
    const drawer = DRAWERS[figure.dataset["drawnBy"] ?? ""];
    const place = document.createElement("div");
    place.className = "drawing";
    place.hidden = true;
    figure.append(place);
    try {
      await drawer?.(place, JSON.parse(text));
      figure.querySelector("img, pre")?.remove();
      place.hidden = false;
      figure.dataset["drawn"] = "yes";
    } catch (error) {
      place.remove();
      figure.dataset["drawn"] = "no";
      console.error(error);
    }
  };

  // One after the other, with a pause for whoever is already scrolling.
  const drawAll = async () => {
    for (const figure of document.querySelectorAll("figure[data-drawn-by]")) {
      if (figure instanceof HTMLElement) await draw(figure);
      await new Promise((resolve) => setTimeout(resolve));
    }
    document.documentElement.dataset["figures"] = "drawn";
  };
  void drawAll();
}
