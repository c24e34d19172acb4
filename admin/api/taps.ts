/** The taps that are active: a few at a time, in the overview for everybody to see, and in the log. */
import type { Caller } from "../guard/caller.ts";
import { Problem } from "../problem.ts";
import { ActiveTap } from "./active_tap.ts";
import type { TapRow } from "./shapes.ts";
import type { SiteHost } from "../site_host.ts";

export const MAX_TAPS = 8;
const ID_BYTES = 8;

export class Taps {
  readonly #host: SiteHost;
  readonly #taps = new Map<string, ActiveTap>();

  constructor(host: SiteHost) {
    this.#host = host;
  }

  rows(): TapRow[] {
    return [...this.#taps.values()].map((tap) => tap.row());
  }

  /** Throws `Problem` when there are too many. */
  begin(room: string | null, by: Caller): ActiveTap {
    if (this.#taps.size >= MAX_TAPS) {
      throw new Problem("conflict", {
        detail: `${MAX_TAPS} taps are active, the most there can be; end one of them.`,
      });
    }
    const id = this.#host.random(ID_BYTES).toHex();
    const tap = new ActiveTap(this.#host, {
      id,
      room,
      onEnd: (_, why) => {
        this.#taps.delete(id);
        this.#host.audit("tap ended", { tap: id, room: room ?? "*", reason: why });
      },
    });
    this.#taps.set(id, tap);
    this.#host.audit("tap active", { tap: id, room: room ?? "*", by: by.source });
    return tap;
  }

  /** The tap that a viewer goes on with, by the id of the last event it got; undefined when it is over. */
  resumed(lastEventId: string | undefined): ActiveTap | undefined {
    return this.#taps.get((lastEventId ?? "").split(".", 1)[0]!);
  }

  /** Throws `Problem` when there is none of this id. */
  find(id: string): ActiveTap {
    const tap = this.#taps.get(id);
    if (tap === undefined) throw new Problem("not_found", { detail: "No such tap is active." });
    return tap;
  }
}
