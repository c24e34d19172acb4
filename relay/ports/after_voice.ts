/** For threads whose work can wait: voice has its processor whenever it wants it. */
import { setPriority } from "node:os";

/** As of `nice`: a tenth of the share of others, which is enough to be reached when voice takes all it can. */
const NICENESS = 10;

/** Linux knows priorities of threads, and this sets the one of the thread that calls it. Not every system lets it. */
export function workAfterVoice(): void {
  try {
    setPriority(NICENESS);
  } catch {
    // Then the scheduler treats all threads alike.
  }
}
