/** Asks for how long somebody is to stay away, and kicks. */
import { useSignal } from "@preact/signals";
import { Confirm } from "../parts/dialog.tsx";
import { short } from "../model/format.ts";
import type { Participant } from "../model/shapes.ts";
import { operate } from "../operate.ts";

const REFUSALS: readonly (readonly [seconds: number, text: string])[] = [
  [0, "May come back at once"],
  [60, "Refused for a minute"],
  [600, "Refused for ten minutes"],
  [3_600, "Refused for an hour"],
  [86_400, "Refused for a day"],
];

export function Kick(props: { readonly participant: Participant; readonly onClose: () => void }) {
  const { session, alias, fingerprint } = props.participant;
  const refuseSeconds = useSignal(0);
  return (
    <Confirm
      title="Kick this participant?"
      action="Kick"
      onClose={props.onClose}
      onConfirm={() =>
        void operate("kick", {
          session,
          ...(refuseSeconds.value > 0 && { refuseSeconds: refuseSeconds.value }),
        })}
    >
      <p>
        <bdi class="alias">{alias ?? "No alias"}</bdi>{" "}
        <code title={fingerprint}>{short(fingerprint)}</code>
      </p>
      <label class="field">
        Afterwards
        <select
          value={refuseSeconds.value}
          onChange={(event) => refuseSeconds.value = Number(event.currentTarget.value)}
        >
          {REFUSALS.map(([seconds, text]) => <option key={seconds} value={seconds}>{text}</option>)}
        </select>
      </label>
    </Confirm>
  );
}
