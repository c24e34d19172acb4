/** What the worker showed last; its totals go on where those of a worker that died ended. */
import type { UdpRelayView } from "../relay/ports/udp_relay.ts";

type Totals = Pick<
  UdpRelayView,
  "packetsIn" | "bytesIn" | "packetsForwarded" | "bytesForwarded" | "drops"
>;

const NOTHING: Totals = {
  packetsIn: 0,
  bytesIn: 0,
  packetsForwarded: 0,
  bytesForwarded: 0,
  drops: {},
};
const NOBODY: Omit<UdpRelayView, "listen" | keyof Totals> = {
  groups: 0,
  keys: 0,
  peers: [],
  peersTotal: 0,
  sessions: 0,
  blocked: [],
};

export class ViewAcrossLives {
  #before: Totals = NOTHING;
  #last: Omit<UdpRelayView, "listen"> = { ...NOBODY, ...NOTHING };

  show(view: UdpRelayView): void {
    this.#last = { ...view, ...sum(this.#before, view) };
  }

  /** The worker is gone, and with it everybody it knew. */
  newLife(): void {
    this.#before = this.#last;
    this.#last = { ...this.#last, ...NOBODY };
  }

  view(listen: UdpRelayView["listen"]): UdpRelayView {
    return { ...this.#last, listen };
  }
}

function sum(a: Totals, b: Totals): Totals {
  const drops = { ...a.drops };
  for (const [reason, count] of Object.entries(b.drops)) {
    drops[reason] = (drops[reason] ?? 0) + count;
  }
  return {
    packetsIn: a.packetsIn + b.packetsIn,
    bytesIn: a.bytesIn + b.bytesIn,
    packetsForwarded: a.packetsForwarded + b.packetsForwarded,
    bytesForwarded: a.bytesForwarded + b.bytesForwarded,
    drops,
  };
}
