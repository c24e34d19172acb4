/** What the process costs, under the names that Prometheus clients agree on. */
import process from "node:process";
import type { SampledMetric } from "../../relay/ports/counters.ts";
import type { ProcessFacts } from "../site_host.ts";

/** The readings of one moment. */
interface ProcessReadings extends ProcessFacts {
  /** Of all threads. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

interface ProcessDefinition {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly of: (readings: ProcessReadings) => number;
}

/**
 * Open files and virtual memory are not among them: they stand in /proc, which a program without all permissions may not
 * read. Ordered by name.
 */
export const PROCESS_DEFINITIONS: readonly ProcessDefinition[] = [
  {
    name: "process_cpu_seconds_total",
    type: "counter",
    help: "Processor time of all threads, in user and system mode",
    of: ({ cpuSeconds }) => cpuSeconds,
  },
  {
    name: "process_heap_bytes",
    type: "gauge",
    help: "Memory that JavaScript objects take in the thread that forwards",
    of: ({ heapBytes }) => heapBytes,
  },
  {
    name: "process_resident_memory_bytes",
    type: "gauge",
    help: "Resident memory",
    of: ({ residentBytes }) => residentBytes,
  },
  {
    name: "process_start_time_seconds",
    type: "gauge",
    help: "Unix time at which the process started",
    of: ({ startedSeconds }) => startedSeconds,
  },
];

/** Reads the process this runs in; what only the relay's thread knows of it is given. */
export function readProcess(facts: ProcessFacts): ProcessReadings {
  const { user, system } = process.cpuUsage();
  return {
    ...facts,
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage().rss,
  };
}

/** In order of their names, all of the moment of the call. */
export function processMetrics(readings: ProcessReadings): SampledMetric[] {
  return PROCESS_DEFINITIONS.map(({ name, type, help, of }) => ({
    name,
    type,
    help,
    samples: () => [{ suffix: "", labels: [], value: of(readings) }],
  }));
}
