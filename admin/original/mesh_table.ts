/** The table of probed relays as text, in the layout of the original. */

import type { AdminHost } from "../../relay/ports/admin.ts";

/** One probed relay; what is not known is null and shown as 0, as the original does. */
export type MeshRow = ReturnType<AdminHost["probes"]>[number];

const HEADING = "Relay Mesh Health";
const RULE = "\u2500".repeat(41);

/** The whole text, each line ended. */
export function meshTable(rows: readonly MeshRow[]): string {
  const lines = [HEADING, RULE, headerLine()];
  if (rows.length === 0) lines.push("  (no probe targets configured)");
  const sorted = rows.toSorted((a, b) => a.target < b.target ? -1 : a.target > b.target ? 1 : 0);
  return [...lines, ...sorted.map(rowLine)].map((line) => `${line}\n`).join("");
}

function headerLine(): string {
  return line(["Target", "RTT".padStart(6), "Loss".padStart(6), "Jitter".padStart(7)], "Status");
}

function rowLine({ target, up, rttMs, lossPct, jitterMs }: MeshRow): string {
  return line([
    target,
    `${(rttMs ?? 0).toFixed(0).padStart(5)}ms`,
    `${(lossPct ?? 0).toFixed(1).padStart(5)}%`,
    `${(jitterMs ?? 0).toFixed(0).padStart(5)}ms`,
  ], up ? "UP" : "DOWN");
}

function line([target = "", ...columns]: string[], status: string): string {
  return `${[target.padEnd(20), ...columns].join(" ")}  ${status}`;
}
