/** What the process takes of the machine. */
import process from "node:process";

export interface ProcessUsage {
  /** Processor time since the start, in milliseconds. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

export function processUsage(): ProcessUsage {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1_000, rssBytes: Deno.memoryUsage().rss };
}
