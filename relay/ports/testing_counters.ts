/** Counters for tests of the folders that see the relay through its ports. */
export { createCounters, metrics } from "../counters/counters.ts";
