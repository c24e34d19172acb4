/** How good a path is: a sign of its own for each word, so that it can be told without colour. */
import { type Health, healthOf, type Path } from "../model/health.ts";

/** Full, half, empty with a cross, and a ring. */
const SIGNS: Readonly<Record<Health, string>> = {
  good: "\u25cf",
  fair: "\u25d0",
  poor: "\u2716",
  unknown: "\u25cb",
};

export function HealthWord({ health }: { readonly health: Health }) {
  return (
    <span class={`health ${health}`}>
      <span aria-hidden="true">{SIGNS[health]}</span> {health === "unknown" ? "no data" : health}
    </span>
  );
}

export function PathHealth(path: Path) {
  return <HealthWord health={healthOf(path)} />;
}
