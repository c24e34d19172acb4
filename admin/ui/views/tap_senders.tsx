/** What each sender of a tap sends, in numbers. */
import { Fingerprint, Person } from "../parts/names.tsx";
import { Table } from "../parts/table.tsx";
import { bitRate, number, percent, text } from "../model/format.ts";
import { rateOf, type SenderTally } from "../model/tap_view.ts";
import { relayNow, tick } from "../store.ts";

export interface TapSendersProps {
  readonly senders: ReadonlyMap<string, SenderTally>;
  readonly runs: boolean;
}

export function TapSenders({ senders, runs }: TapSendersProps) {
  void tick.value;
  const now = runs ? relayNow() : Math.max(0, ...[...senders.values()].map(lastAt));
  const rows = [...senders.values()].map((tally) => {
    const { packetsPerSecond, bytesPerSecond, lossPct } = rateOf(tally, now);
    // In its first second nothing is known yet.
    const known = tally.seconds.length > 1 || packetsPerSecond > 0;
    return {
      ...tally,
      packetsPerSecond: known ? packetsPerSecond : null,
      bytesPerSecond: known ? bytesPerSecond : null,
      lossPct,
    };
  });
  if (rows.length === 0) return null;
  return (
    <section aria-label="Senders" class="tap-senders">
      <Table
        caption="Senders"
        items={rows}
        keyOf={({ sender }) => sender.session}
        columns={[
          {
            id: "alias",
            title: "Sender",
            value: ({ sender }) => sender.alias,
            show: ({ sender }) => <Person {...sender} />,
          },
          {
            id: "fingerprint",
            title: "Fingerprint",
            kind: "code",
            minor: true,
            value: ({ sender }) => sender.fingerprint,
            show: ({ sender }) => <Fingerprint value={sender.fingerprint} />,
          },
          { id: "codec", title: "Codec", value: ({ codec }) => codec },
          {
            id: "rate",
            title: "Packets/s",
            kind: "number",
            value: ({ packetsPerSecond }) => packetsPerSecond,
            show: ({ packetsPerSecond }) => number(packetsPerSecond, 1),
          },
          {
            id: "bits",
            title: "Rate",
            kind: "number",
            minor: true,
            value: ({ bytesPerSecond }) => bytesPerSecond,
            show: ({ bytesPerSecond }) => text(bitRate(bytesPerSecond)),
          },
          { id: "missing", title: "Missing", kind: "number", value: ({ missing }) => missing },
          {
            id: "loss",
            title: "Loss",
            kind: "number",
            value: ({ lossPct }) => lossPct,
            show: ({ lossPct }) => percent(lossPct),
          },
        ]}
      />
    </section>
  );
}

function lastAt({ seconds }: SenderTally): number {
  return ((seconds.at(-1)?.second ?? 0) + 1) * 1_000;
}
