// Search over headings and exports. The index and its library are loaded when somebody wants to search.
{
  const root = document.documentElement.dataset["root"] ?? "";
  const input = /** @type {HTMLInputElement | null} */ (document.querySelector("#search"));
  const list = /** @type {HTMLUListElement | null} */ (document.querySelector("#found"));
  /** How many results are shown. */
  const SHOWN = 12;

  /** @param {string} name */
  const load = (name) =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${root}assets/${name}.js`;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });

  /** @typedef {{ title: string, page: string, target: string }} Found */
  /** @type {Promise<{ search(words: string, options: unknown): Found[] }> | undefined} */
  let loading;
  const searcher = () =>
    (loading ??= Promise.all([load("minisearch"), load("search-index")]).then(() => {
      const { MiniSearch, SEARCH_INDEX } = /** @type {any} */ (globalThis);
      return MiniSearch.loadJS(SEARCH_INDEX.index, SEARCH_INDEX.options);
    }));

  let selected = -1;

  /** @param {number} index */
  const select = (index) => {
    const options = [...(list?.children ?? [])];
    selected = options.length === 0 ? -1 : (index + options.length) % options.length;
    for (const [at, option] of options.entries())
      option.setAttribute("aria-selected", String(at === selected));
    const option = options[selected];
    if (option) input?.setAttribute("aria-activedescendant", option.id);
    else input?.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };

  /** @param {boolean} isOpen */
  const open = (isOpen) => {
    if (list) list.hidden = !isOpen;
    input?.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) select(-1);
  };

  /** @param {readonly Found[]} found */
  const show = (found) => {
    const options = found.slice(0, SHOWN).map(({ title, page, target }, at) => {
      const link = document.createElement("a");
      link.href = root + target;
      link.tabIndex = -1;
      link.textContent = title;
      const where = document.createElement("small");
      where.textContent = page;
      link.append(" ", where);
      const option = document.createElement("li");
      option.id = `found-${at}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.append(link);
      return option;
    });
    if (options.length === 0) {
      const none = document.createElement("li");
      none.id = "found-0";
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      none.textContent = "Nothing found";
      options.push(none);
    }
    list?.replaceChildren(...options);
    open(true);
    select(0);
  };

  const search = async () => {
    const words = input?.value.trim() ?? "";
    if (words === "") {
      open(false);
      return;
    }
    const index = await searcher();
    if (words !== input?.value.trim()) return; // somebody has typed on
    show(index.search(words, { prefix: true, fuzzy: 0.15, boost: { title: 3 }, combineWith: "AND" }));
  };

  if (input && list) {
    input.closest("[role=search]")?.removeAttribute("hidden");
    input.addEventListener("focus", () => void searcher());
    input.addEventListener("input", () => void search());
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") select(selected + 1);
      else if (event.key === "ArrowUp") select(selected - 1);
      else if (event.key === "Enter") list.children[selected]?.querySelector("a")?.click();
      else if (event.key === "Escape") open(false);
      else return;
      event.preventDefault();
    });
    document.addEventListener("click", ({ target }) => {
      if (target instanceof Node && !input.contains(target) && !list.contains(target)) open(false);
    });
    list.addEventListener("click", () => open(false));
    document.addEventListener("keydown", (event) => {
      const isTyping =
        event.target instanceof HTMLElement && /INPUT|TEXTAREA|SELECT/.test(event.target.tagName);
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.focus();
    });
  }
}
