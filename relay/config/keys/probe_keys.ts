/** Keys for measuring the way to other relays. */
import { formatHostAddress, hostAddress } from "../host_address.ts";
import { key, type Schema } from "../schema.ts";
import { boolean, distinct, list } from "../value_types.ts";

export const probeKeys = {
  probe_targets: key({
    type: distinct(list(hostAddress), formatHostAddress),
    default: [],
    reason: "a relay of its own has nobody to measure",
    help: "Relays to measure the way to, once a second: round trip time, loss and jitter become " +
      "metrics. The flag may be repeated.",
    flag: "--probe",
    reload: true,
    sample: ["relay-b.example.org:4433", "192.0.2.7:4433"],
  }),
  probe_mesh: key({
    type: boolean,
    default: false,
    reason: "links measure their own way; this is for those who want it as probe metrics too",
    help:
      "Whether to probe, besides probe_targets, the relays in peers and all relays of the mesh.",
    flag: "--probe-mesh",
    reload: true,
  }),
} as const satisfies Schema;
