/** What is known of somebody's path, as columns. */
import { PathHealth } from "../parts/health.tsx";
import type { Column } from "../parts/table.tsx";
import { Since } from "../parts/time.tsx";
import { ms, NONE, percent } from "../model/format.ts";
import type { Participant } from "../model/shapes.ts";
import { ownLabel } from "../store.ts";

/** Without the names; `kick` is called for those who are connected to this relay. */
export function participantColumns(
  kick: (participant: Participant) => void,
): readonly Column<Participant>[] {
  return [
    {
      id: "relay",
      title: "Relay",
      minor: true,
      value: ({ relayLabel }) => relayLabel ?? "",
      show: ({ relayLabel }) =>
        relayLabel === null
          ? <span class="soft">{ownLabel.value || "here"}</span>
          : <bdi>{relayLabel}</bdi>,
    },
    {
      id: "path",
      title: "Path",
      value: ({ lossPct, rttMs }) => lossPct ?? rttMs,
      show: (one) => <PathHealth {...one} />,
    },
    {
      id: "loss",
      title: "Loss",
      kind: "number",
      minor: true,
      value: (p) => p.lossPct,
      show: (p) => percent(p.lossPct),
    },
    {
      id: "rtt",
      title: "RTT",
      kind: "number",
      minor: true,
      value: (p) => p.rttMs,
      show: (p) => ms(p.rttMs),
    },
    {
      id: "age",
      title: "Sound age",
      kind: "number",
      minor: "extra",
      value: ({ audioAgeMs }) => audioAgeMs,
      show: ({ audioAgeMs }) => ms(audioAgeMs),
    },
    {
      id: "since",
      title: "Here for",
      kind: "number",
      minor: "extra",
      value: ({ since }) => since,
      show: ({ since }) => since === null ? NONE : <Since at={since} />,
    },
    {
      id: "address",
      title: "Address",
      kind: "code",
      minor: true,
      value: ({ address }) => address ?? NONE,
    },
    {
      id: "kick",
      title: "Kick",
      kind: "action",
      value: () => null,
      show: (participant) =>
        participant.session !== null && (
          <button
            type="button"
            class="danger small"
            aria-label={`Kick ${participant.alias ?? participant.fingerprint}`}
            onClick={() => kick(participant)}
          >
            Kick
          </button>
        ),
    },
  ];
}
