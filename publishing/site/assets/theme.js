// Before the page is drawn, so that it is never seen in the wrong colours. The reference (TypeDoc) keeps the same choice.
{
  const KEY = "tsd-theme";
  const CHOICES = /** @type {const} */ ({
    os: ["◐", "as the system has them"],
    light: ["☀", "light"],
    dark: ["☾", "dark"],
  });

  /** @returns {keyof typeof CHOICES} */
  const chosen = () => {
    try {
      const choice = localStorage.getItem(KEY);
      return choice === "light" || choice === "dark" ? choice : "os";
    } catch {
      return "os"; // a browser that keeps nothing
    }
  };

  /** @param {keyof typeof CHOICES} choice */
  const keep = (choice) => {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // The choice holds for this page.
    }
  };

  /** @param {keyof typeof CHOICES} choice */
  const show = (choice) => {
    document.documentElement.dataset["theme"] = choice;
    const button = document.querySelector("button.theme");
    if (!(button instanceof HTMLButtonElement)) return;
    const [symbol, words] = CHOICES[choice];
    button.textContent = symbol;
    button.title = `Colours: ${words}`;
    button.setAttribute("aria-label", button.title);
    button.hidden = false;
  };

  let choice = chosen();
  show(choice);
  document.addEventListener("DOMContentLoaded", () => {
    show(choice);
    document.querySelector("button.theme")?.addEventListener("click", () => {
      choice = choice === "os" ? "light" : choice === "light" ? "dark" : "os";
      keep(choice);
      show(choice);
    });
    // Wide enough, the contents stand beside the text.
    const contents = document.querySelector("details.contents");
    const isWide = matchMedia("(min-width: 64rem)");
    const follow = () => {
      contents?.toggleAttribute("open", isWide.matches);
      const here = contents?.querySelector("[aria-current]");
      if (contents && here instanceof HTMLElement && isWide.matches) contents.scrollTop = here.offsetTop - 16;
    };
    isWide.addEventListener("change", follow);
    follow();
  });
}
