/** Counters for tests of the folders that see the relay through its ports. */
export { createCounters } from "../counters/counters.ts";
