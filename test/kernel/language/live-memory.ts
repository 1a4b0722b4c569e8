import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/**
 * Bytes of this process's heap that are in use. Without the collection the measure would be of garbage, which V8 keeps for
 * as long as it sees room: how much there is depends on the machine and on what the process did before.
 */
export async function liveMemory(): Promise<number> {
  // What finalisers and weak references held is free only after the turn in which they were called.
  for (let time = 0; time < 3; time += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}
