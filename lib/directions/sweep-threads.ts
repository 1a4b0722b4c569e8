import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { packageFolder } from "../package-folder.ts";
import { DirectionError } from "./errors.ts";
import type { Exchange } from "./exchanges.ts";
import type { PermutationTest } from "./permutation-tests.ts";
import type { SweepTest } from "./sweep-tests.ts";

type Found = Readonly<Record<Exchange, PermutationTest>>;

/** A test that a thread has and has not answered. */
interface Pending {
  readonly test: SweepTest;
  readonly what: string;
  readonly owner: object;
  readonly resolve: (found: Found) => void;
  readonly reject: (error: Error) => void;
}

/** In milliseconds: how often threads are shown that somebody waits. */
const PULSE = 250;

interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
}

/** What a thread runs: JavaScript also where this module runs from its source, as in tests; `npm run build` and `npm test` put it into dist/. */
const threadProgram = (): URL => pathToFileURL(join(packageFolder(), "dist/lib/directions/sweep-thread.js"));

/**
 * Threads that test. They start when they are first needed, sleep when there is nothing to do, and end with the process, which they do not
 * keep from ending.
 */
export class SweepThreads {
  readonly #program: URL;
  readonly #threads: Thread[] = [];
  /** Counts on while somebody waits for a result: threads that see it stand still go to sleep. */
  readonly #pulse = new Int32Array(new SharedArrayBuffer(4));
  #count = 0;

  constructor(program = threadProgram()) {
    this.#program = program;
  }

  /**
   * `test`, by the least busy of `most` threads.
   * @param what it is, for errors
   * @param owner who asks, for {@link stop}
   * @throws DirectionError when the thread ends over it
   */
  async run(
    test: SweepTest,
    { what, owner, most }: { readonly what: string; readonly owner: object; readonly most: number },
  ): Promise<Found> {
    while (this.#threads.length < most) this.#start();
    // The timer belongs to who asks: where a notebook's interrupt ends the cell that asked, the pulse ends, too.
    const pulse = setInterval(() => {
      this.#beat();
    }, PULSE).unref();
    this.#beat();
    try {
      return await new Promise((resolve, reject) => {
        this.#give({ test, what, owner, resolve, reject });
      });
    } finally {
      clearInterval(pulse);
    }
  }

  /** Ends the threads that work for `owner`, who does not want it any more. What they have to do for others is given to other threads. */
  async stop(owner: object): Promise<void> {
    const ended = this.#threads.filter(({ pending }) =>
      [...pending.values()].some((each) => each.owner === owner),
    );
    for (const thread of ended) this.#forget(thread);
    for (const { pending } of ended) {
      const others = [...pending.values()].filter((each) => each.owner !== owner);
      pending.clear();
      if (others.length > 0 && this.#threads.length === 0) this.#start();
      for (const each of others) this.#give(each);
    }
    await Promise.all(ended.map(({ worker }) => worker.terminate()));
  }

  #beat(): void {
    Atomics.add(this.#pulse, 0, 1);
    Atomics.notify(this.#pulse, 0);
  }

  #give(pending: Pending): void {
    const [thread] = [...this.#threads].sort((a, b) => a.pending.size - b.pending.size);
    if (!thread) throw new DirectionError("a sweep needs at least one thread");
    const id = this.#count++;
    thread.pending.set(id, pending);
    thread.worker.postMessage({ id, test: pending.test });
  }

  #start(): void {
    const worker = new Worker(this.#program, { env: {}, execArgv: [], workerData: this.#pulse.buffer });
    const thread: Thread = { worker, pending: new Map() };
    this.#threads.push(thread);
    const dead = (reason: string, cause?: unknown) => {
      this.#forget(thread);
      for (const { what, reject } of thread.pending.values())
        reject(
          new DirectionError(
            `a thread of the sweep ended at ${what}: ${reason}; what is in the cache is kept, and \`threads: 1\` does without`,
            { cause },
          ),
        );
      thread.pending.clear();
    };
    worker.on("message", ({ id, found }: { readonly id: number; readonly found: Found }) => {
      thread.pending.get(id)?.resolve(found);
      thread.pending.delete(id);
    });
    worker.on("error", (error) => {
      dead(error instanceof Error ? error.message : String(error), error);
    });
    worker.on("exit", (code) => {
      dead(`exit code ${code}`);
    });
    worker.unref();
  }

  #forget(thread: Thread): void {
    const at = this.#threads.indexOf(thread);
    if (at >= 0) this.#threads.splice(at, 1);
  }
}
