/** The metrics of probes between relays. */
import { MAX_PEERS } from "./peer_bound.ts";

/** Part of `DEFINITIONS`. */
export const PROBE_DEFINITIONS = {
  probeRtt: {
    shape: "family",
    type: "gauge",
    name: "wzp_probe_rtt_ms",
    help: "Round trip time to a probed relay",
    labels: ["target"],
    max: MAX_PEERS,
  },
  probeLoss: {
    shape: "family",
    type: "gauge",
    name: "wzp_probe_loss_pct",
    help: "Loss of probes to a relay, in percent",
    labels: ["target"],
    max: MAX_PEERS,
  },
  probeJitter: {
    shape: "family",
    type: "gauge",
    name: "wzp_probe_jitter_ms",
    help: "Jitter of probes to a relay",
    labels: ["target"],
    max: MAX_PEERS,
  },
  probeUp: {
    shape: "family",
    type: "gauge",
    name: "wzp_probe_up",
    help: "Whether a probed relay answers, 0 or 1",
    labels: ["target"],
    max: MAX_PEERS,
  },
  probesRefused: {
    shape: "fixed",
    type: "counter",
    name: "wzp_relay_probes_refused_total",
    help: "Probe connections that were closed",
    label: "reason",
    values: ["over_limit", "over_source_limit", "idle"],
  },
  probeSignalsIgnored: {
    shape: "fixed",
    type: "counter",
    name: "wzp_relay_probe_signals_ignored_total",
    help: "Signal messages on probe connections that were not answered",
    label: "reason",
    values: ["unknown_relay", "unexpected"],
  },
} as const;
