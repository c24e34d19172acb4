/** Time for tests of the folders that see the relay through its ports. */
export { ManualClock } from "../../quic/manual_clock.ts";
export { systemClock } from "../../quic/clock.ts";
