/** Counters for tests in the folders that see the ports only. */
export { createCounters } from "../counters/counters.ts";
