/** What is measured of a kernel, by one front end over real sockets. All times in ms. */
import { readdirSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { KernelProcess, type FrontEnd, type Heard } from "../../test/kernel/session/front-end.ts";
import type { Rival } from "./rivals.ts";

/** A number, or in words why there is none. */
export type Measure = number | string;

/** How often each is measured; the median counts. */
const STARTS = 2;
const CELLS = 40;
const QUESTIONS = 15;
const INTERRUPTS = 3;

/** After this a kernel counts as not answering, in ms. */
const PATIENCE = 8_000;
const LONG_PATIENCE = 120_000;

const PRINTS = 20_000;
const DISPLAYS = 1_000;

/** A running kernel and its front end. */
interface Session {
  readonly kernel: KernelProcess;
  readonly frontEnd: FrontEnd;
  /** When the first answer came. */
  readonly answered: number;
  readonly end: () => Promise<void>;
}

/** Nothing was heard in time, or the kernel has ended. */
class NoAnswer extends Error {}

async function start(rival: Rival, folder: string): Promise<Session> {
  const kernel = await KernelProcess.start({ command: rival.command, folder });
  const frontEnd = kernel.frontEnd();
  const end = async (): Promise<void> => {
    if (kernel.child.pid !== undefined) for (const pid of tree(kernel.child.pid)) kill(pid);
    await kernel.end();
  };
  try {
    const id = await frontEnd.send("shell", "kernel_info_request");
    const isAnswer = ({ channel, parent }: Heard): boolean => channel === "shell" && parent["msg_id"] === id;
    await within(kernel, frontEnd.next(isAnswer), LONG_PATIENCE);
    const answered = performance.now();
    await untilHeard(kernel, frontEnd);
    return { kernel, frontEnd, answered, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Not every kernel waits with its first words on iopub until somebody listens: asks until one is heard there. */
async function untilHeard(kernel: KernelProcess, frontEnd: FrontEnd): Promise<void> {
  for (const end = performance.now() + LONG_PATIENCE; ;) {
    if (frontEnd.heard.some(({ channel }) => channel === "iopub")) return;
    try {
      await within(kernel, frontEnd.ask("shell", "kernel_info_request"), 200);
    } catch (error) {
      if (performance.now() > end || kernel.child.exitCode !== null) throw error;
    }
  }
}

async function within<T>(kernel: KernelProcess, answer: Promise<T>, patience = PATIENCE): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer("no answer")), patience);
  });
  const death = kernel.exited.then((): never => {
    throw new NoAnswer("dies");
  });
  try {
    return await Promise.race([answer, silence, death]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a cell that must succeed; how long it took. */
async function cell({ kernel, frontEnd }: Session, code: string, patience = LONG_PATIENCE): Promise<number> {
  const before = performance.now();
  const { reply } = await within(kernel, frontEnd.run(code), patience);
  const time = performance.now() - before;
  frontEnd.heard.length = 0;
  if (reply["status"] !== "ok") throw new Error(`${code}: ${String(reply["evalue"])}`);
  return time;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** From the start of the process to its first answer, and to the end of a first cell sent at once. */
export async function startUp(rival: Rival, folder: string): Promise<{ ready: number; firstCell: number }> {
  const ready: number[] = [];
  const first: number[] = [];
  // Once before: files are then read from memory for all.
  for (let count = 0; count <= STARTS; count += 1) {
    const before = performance.now();
    const session = await start(rival, folder);
    const answered = session.answered - before;
    await cell(session, rival.cells.trivial(1));
    const ran = performance.now() - before;
    await session.end();
    if (count === 0) continue;
    ready.push(answered);
    first.push(ran);
  }
  return { ready: median(ready), firstCell: median(first) };
}

/** Cells that differ, one after the other. */
export async function roundTrips(
  rival: Rival,
  folder: string,
): Promise<{ trivial: number; declaration: number; tensors: Measure }> {
  const session = await start(rival, folder);
  const times = async (code: (index: number) => string): Promise<number> => {
    const taken: number[] = [];
    for (let index = 1; index <= CELLS; index += 1) taken.push(await cell(session, code(index)));
    return median(taken.slice(5));
  };
  try {
    await cell(session, rival.cells.trivial(0));
    const trivial = await times(rival.cells.trivial);
    const declaration = await times(rival.cells.declaration);
    const { tensors } = rival.cells;
    if (!tensors) return { trivial, declaration, tensors: "–" };
    await cell(session, tensors.setUp);
    return { trivial, declaration, tensors: await times(tensors.call) };
  } finally {
    await session.end();
  }
}

/** The answer to `complete_request`, idle and while a cell spins. */
export async function completion(rival: Rival, folder: string): Promise<{ idle: Measure; busy: Measure }> {
  const session = await start(rival, folder);
  const { kernel, frontEnd } = session;
  const { complete, loop } = rival.cells;
  const ask = async (): Promise<number> => {
    const before = performance.now();
    const id = await frontEnd.send("shell", "complete_request", {
      code: complete,
      cursor_pos: complete.length,
    });
    const { content } = await within(
      kernel,
      frontEnd.next(({ channel, parent }) => channel === "shell" && parent["msg_id"] === id),
    );
    const time = performance.now() - before;
    const { matches } = content;
    if (
      !Array.isArray(matches) ||
      !matches.some((match) => String(match).endsWith("max") || String(match).endsWith("maketrans"))
    )
      throw new NoAnswer("not completed");
    return time;
  };
  const all = async (): Promise<Measure> => {
    try {
      const times: number[] = [];
      for (let count = 0; count <= QUESTIONS; count += 1) times.push(await ask());
      return median(times.slice(1));
    } catch (error) {
      if (error instanceof NoAnswer) return error.message;
      throw error;
    }
  };
  try {
    await cell(session, rival.cells.trivial(1));
    const idle = await all();
    const id = await frontEnd.startCell(loop);
    await within(kernel, frontEnd.published("stream", id));
    return { idle, busy: await all() };
  } finally {
    await session.end();
  }
}

/** From the interrupt, sent as the kernelspec says, until the cell is over; a later cell must then run. */
export async function interrupt(rival: Rival, folder: string, code: string): Promise<Measure> {
  const session = await start(rival, folder);
  try {
    const times: number[] = [];
    await cell(session, rival.cells.trivial(1));
    for (let count = 0; count < INTERRUPTS; count += 1) {
      const { kernel, frontEnd } = session;
      const id = await frontEnd.startCell(code);
      await within(kernel, frontEnd.published("stream", id));
      // The part after the first await has begun, too.
      await new Promise((resolve) => setTimeout(resolve, 100));
      const before = performance.now();
      if (rival.interruptMode === "message") await frontEnd.send("control", "interrupt_request");
      else if (kernel.child.pid !== undefined) process.kill(-kernel.child.pid, "SIGINT");
      await within(kernel, frontEnd.outcome(id));
      times.push(performance.now() - before);
      await untilRunsAgain(session, rival.cells.trivial(count + 2));
    }
    return median(times);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return error.message === "dies" ? "**the kernel dies**" : "**does not stop**";
  } finally {
    await session.end();
  }
}

/** Runs a cell, again and again: some kernels refuse all for a while after an interrupt. */
async function untilRunsAgain({ kernel, frontEnd }: Session, code: string): Promise<void> {
  try {
    for (const end = performance.now() + PATIENCE; performance.now() < end;) {
      const { reply } = await within(kernel, frontEnd.run(code));
      frontEnd.heard.length = 0;
      if (reply["status"] === "ok") return;
    }
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
  }
  throw new Error("no cell is answered after it");
}

/** Lines printed and displays shown in a second, heard by the front end. */
export async function throughput(
  rival: Rival,
  folder: string,
): Promise<{ prints: Measure; displays: Measure }> {
  const rate = async (
    what: { readonly setUp: string; readonly code: string; readonly count: number },
    counted: (heard: readonly Heard[]) => number,
  ): Promise<Measure> => {
    // In a kernel of its own: what one kind of output does to some is not what the other does.
    const session = await start(rival, folder);
    try {
      return await rateIn(session, what, counted);
    } finally {
      await session.end();
    }
  };
  const prints = await rate(
    { setUp: rival.cells.trivial(1), code: rival.cells.prints(PRINTS), count: PRINTS },
    (heard) =>
      ofType(heard, "stream").reduce(
        (sum, { content }) => sum + String(content["text"]).split("\n").length - 1,
        0,
      ),
  );
  const displays = await rate(
    { setUp: rival.cells.displays.setUp, code: rival.cells.displays.show(DISPLAYS), count: DISPLAYS },
    (heard) => ofType(heard, "display_data").length,
  );
  return { prints, displays };
}

function ofType(heard: readonly Heard[], type: string): readonly Heard[] {
  return heard.filter(({ header }) => header.msg_type === type);
}

async function rateIn(
  session: Session,
  { setUp, code, count }: { readonly setUp: string; readonly code: string; readonly count: number },
  counted: (heard: readonly Heard[]) => number,
): Promise<Measure> {
  const { kernel, frontEnd } = session;
  await cell(session, setUp);
  const before = performance.now();
  const id = await frontEnd.startCell(code);
  const { reply } = await within(kernel, frontEnd.outcome(id), LONG_PATIENCE);
  const seconds = (performance.now() - before) / 1000;
  if (reply["status"] !== "ok") throw new Error(String(reply["evalue"]));
  const heard = counted(frontEnd.heard);
  return heard < count ? `${heard} of ${count} heard` : count / seconds;
}

/** A long session. */
interface Endurance {
  /** Resident memory of all its processes after 500 cells, and at the end, in MB. */
  readonly early: number;
  readonly late: number;
  /** The median of the last hundred cells by that of the first hundred after a warm-up of as many. */
  readonly slowdown: number;
}

export async function endurance(rival: Rival, folder: string, cells: number): Promise<Endurance> {
  const session = await start(rival, folder);
  const { pid } = session.kernel.child;
  const memory = (): number => tree(pid ?? 0).reduce((sum, process) => sum + residentMegabytes(process), 0);
  const times: number[] = [];
  let early = NaN;
  try {
    for (let index = 1; index <= cells; index += 1) {
      times.push(await cell(session, rival.cells.work(index)));
      if (index === Math.min(500, Math.floor(cells / 2))) early = memory();
    }
    const slowdown = median(times.slice(-100)) / median(times.slice(100, 200));
    return { early, late: memory(), slowdown };
  } finally {
    await session.end();
  }
}

function residentMegabytes(pid: number): number {
  try {
    const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) / 1024;
  } catch {
    return 0;
  }
}

/** A process and all that descend from it; on systems without /proc, the process alone. */
function tree(root: number): number[] {
  const children = new Map<number, number[]>();
  try {
    for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, "utf8")
          .replace(/^.*\) /, "")
          .split(" ");
        const parent = Number(fields[1]);
        children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
      } catch {
        // It has ended meanwhile.
      }
    }
  } catch {
    return [root];
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
