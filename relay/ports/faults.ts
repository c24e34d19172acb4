/** Keeps a fault in one part of a thread from ending all of it. */
export { surviveFaults } from "../faults.ts";
