/** Which view is open: kept in the address, behind the `#`. */
import { computed, signal } from "@preact/signals";

export const VIEWS = [
  "overview",
  "mesh",
  "rooms",
  "calls",
  "tap",
  "directory",
  "registry",
  "udp-relay",
  "logs",
  "config",
  "metrics",
] as const;
export type View = typeof VIEWS[number];

/** How the views are called on the page. */
export const TITLES: Readonly<Record<View, string>> = {
  overview: "Overview",
  mesh: "Mesh",
  rooms: "Rooms",
  calls: "Calls",
  tap: "Debug tap",
  directory: "Peers",
  registry: "Registry",
  "udp-relay": "UDP relay",
  logs: "Logs",
  config: "Config",
  metrics: "Metrics",
};

const hash = signal(location.hash);
addEventListener("hashchange", () => hash.value = location.hash);

export interface Route {
  readonly view: View;
  /** What in it: a room, a relay. */
  readonly of: string | null;
}

export const route = computed((): Route => {
  const [name, ...rest] = hash.value.replace(/^#\/?/, "").split("/");
  const view = VIEWS.find((one) => one === name) ?? "overview";
  const of = rest.join("/");
  return { view, of: of === "" ? null : decoded(of) };
});

export function href(view: View, of: string | null = null): string {
  return `#/${view}${of === null ? "" : `/${encodeURIComponent(of)}`}`;
}

export function go(view: View, of: string | null = null): void {
  location.hash = href(view, of);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
