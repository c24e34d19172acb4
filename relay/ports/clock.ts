/** Time as the parts of the house have it. */
export { type Clock, systemClock } from "../../quic/clock.ts";
