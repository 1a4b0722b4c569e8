import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page, Route } from "playwright-core";
import { freePort } from "../free-port.ts";
import { ROOT } from "../python.ts";
import { served } from "../served.ts";

const SCREENSHOTS = join(ROOT, "test", "artefacts", "browser");

/** One output of a cell, as the notebook's model has it. */
export interface CellOutput {
  readonly output_type: string;
  readonly name?: string;
  readonly ename?: string;
  readonly evalue?: string;
  readonly text?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The part of JupyterLab's application object (`--expose-app-in-browser`) that the tests use. */
interface LabApplication {
  readonly restored: Promise<void>;
  readonly commands: {
    execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  };
  readonly shell: {
    readonly currentWidget: {
      readonly context: { readonly ready: Promise<void>; readonly path: string };
      readonly sessionContext: {
        readonly ready: Promise<void>;
        readonly session: {
          readonly kernel: { readonly name: string; readonly status: string; info: Promise<unknown> } | null;
        } | null;
      };
      readonly content: {
        activeCellIndex: number;
        readonly widgets: readonly {
          readonly node: HTMLElement;
          readonly model: {
            readonly type: string;
            readonly executionCount?: number | null;
            readonly outputs?: { toJSON(): CellOutput[] };
          };
        }[];
        scrollToItem(index: number, align?: string): Promise<void>;
      };
    } | null;
  };
}

declare global {
  interface Window {
    /** Absent until the page has loaded its scripts. */
    readonly jupyterapp?: LabApplication;
  }
}

/** A JupyterLab started as a user starts it, with `npm start`. */
export class Lab {
  readonly url: string;
  readonly token: string;
  private readonly process: ChildProcess;
  /** What the server has said. */
  private readonly log: string[];

  private constructor(url: string, token: string, child: ChildProcess, log: string[]) {
    this.url = url;
    this.token = token;
    this.process = child;
    this.log = log;
  }

  /** Starts the server and waits until it says that it listens. */
  static async start(): Promise<Lab> {
    const port = await freePort();
    const token = "browser-tests";
    const args = [
      "--no-browser",
      `--port=${port}`,
      `--IdentityProvider.token=${token}`,
      "--expose-app-in-browser",
    ];
    const child = spawn(process.execPath, [join(ROOT, "kernel-setup", "start.mjs"), ...args], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        log.push(chunk.toString());
        if (log.join("").includes(`http://127.0.0.1:${port}/`)) resolve();
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.on("exit", (code) => {
        reject(new Error(`JupyterLab ended with ${code ?? "a signal"}:\n${log.join("")}`));
      });
    });
    const url = `http://127.0.0.1:${port}`;
    await served(url);
    return new Lab(url, token, child, log);
  }

  /** Ends the server and its kernels. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    await ended;
  }

  /** What the server has printed so far, for a failing test's message. */
  said(): string {
    return this.log.join("");
  }

  /** The server's answer to a request of its REST interface. */
  async api(path: string): Promise<unknown> {
    const reply = await fetch(`${this.url}/api/${path}`, {
      headers: { Authorization: `token ${this.token}` },
    });
    return reply.json();
  }

  /** Opens a notebook, by its path in the repository, in a page of its own. */
  async open(browser: Browser, path: string): Promise<NotebookPage> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    const opened = new NotebookPage(page, this.url);
    await page.route("**/api/contents/**", answerAsIfSaved);
    await page.goto(`${this.url}/lab/tree/${path}?token=${this.token}&reset`);
    await page.waitForFunction(
      (wanted) => window.jupyterapp?.shell.currentWidget?.context.path === wanted,
      path,
      { timeout: 120_000 },
    );
    await page.evaluate(async () => {
      const panel = window.jupyterapp?.shell.currentWidget;
      await window.jupyterapp?.restored;
      await panel?.context.ready;
      await panel?.sessionContext.ready;
      await panel?.sessionContext.session?.kernel?.info;
    });
    return opened;
  }
}

/** JupyterLab saves by itself every two minutes: what a test has run must not become what is committed. */
async function answerAsIfSaved(route: Route): Promise<void> {
  if (route.request().method() !== "PUT") return route.continue();
  const url = `${route.request().url().replace(/\?.*/, "")}?content=0`;
  await route.fulfill({ response: await route.fetch({ method: "GET", url, postData: "" }) });
}

/** A notebook in JupyterLab, in a page of Chromium. */
export class NotebookPage {
  readonly page: Page;
  /** Addresses outside this server that the page asked for. */
  readonly foreignRequests: string[] = [];

  constructor(page: Page, url: string) {
    this.page = page;
    page.setDefaultTimeout(120_000);
    page.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url)) {
        this.foreignRequests.push(request.url());
      }
    });
  }

  /** Does what the toolbar's "restart and run all" does, answers its question, and waits until all cells have run. */
  async restartAndRunAll(): Promise<void> {
    const done = this.page.evaluate(() => window.jupyterapp?.commands.execute("notebook:restart-run-all"));
    await this.page.click(".jp-Dialog .jp-mod-accept");
    await done;
    await this.idle();
  }

  /** Waits until the kernel has nothing left to do and every cell of code has its number. */
  async idle(): Promise<void> {
    await this.page.waitForFunction(() => {
      const panel = window.jupyterapp?.shell.currentWidget;
      const isIdle = panel?.sessionContext.session?.kernel?.status === "idle";
      const waiting = [...document.querySelectorAll(".jp-InputPrompt")].some((prompt) =>
        prompt.textContent.includes("[*]"),
      );
      return isIdle && !waiting;
    });
  }

  /** The outputs of every cell, from the notebook's model: cells out of view are not in the document. */
  async outputs(): Promise<readonly (readonly CellOutput[])[]> {
    return this.page.evaluate(
      () =>
        window.jupyterapp?.shell.currentWidget?.content.widgets.map(
          ({ model }) => model.outputs?.toJSON() ?? [],
        ) ?? [],
    );
  }

  /** Brings a cell into view. */
  async show(index: number): Promise<void> {
    await this.page.evaluate(async (cell) => {
      const content = window.jupyterapp?.shell.currentWidget?.content;
      if (content === undefined) return;
      content.activeCellIndex = cell;
      await content.scrollToItem(cell, "center");
    }, index);
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }
}
