/** Addresses from which the UDP relay takes nothing, and the way on and off that list. */
import { useSignal } from "@preact/signals";
import { duration, moment } from "../model/format.ts";
import type { UdpBlock } from "../model/shapes.ts";
import { operate } from "../operate.ts";
import { Empty } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { relayNow, tick } from "../store.ts";

const UNTIL_LIFTED = 0;
const TIMES: readonly (readonly [seconds: number, text: string])[] = [
  [600, "for ten minutes"],
  [3_600, "for an hour"],
  [86_400, "for a day"],
  [UNTIL_LIFTED, "until it is lifted"],
];

export interface UdpBlocksProps {
  readonly blocked: readonly UdpBlock[];
  readonly onChange: () => void;
}

export function UdpBlocks({ blocked, onChange }: UdpBlocksProps) {
  const unblock = async (ip: string) => {
    if (await operate("udp-relay/unblock", { ip })) onChange();
  };
  return (
    <section class="companion" aria-labelledby="udp-blocked">
      <h2 id="udp-blocked">Blocked addresses</h2>
      <BlockForm onChange={onChange} />
      {blocked.length === 0
        ? (
          <Empty title="Nobody is blocked">
            <p>Who floods the relay is blocked for a while by itself.</p>
          </Empty>
        )
        : (
          <Table
            caption="Blocked addresses"
            items={blocked}
            keyOf={({ ip }) => ip}
            columns={[...COLUMNS, lifting((ip) => void unblock(ip))]}
          />
        )}
    </section>
  );
}

function BlockForm({ onChange }: Pick<UdpBlocksProps, "onChange">) {
  const ip = useSignal("");
  const seconds = useSignal(TIMES[0]![0]);
  const block = async () => {
    const time = seconds.value === UNTIL_LIFTED ? null : seconds.value;
    if (!await operate("udp-relay/block", { ip: ip.value.trim(), seconds: time })) return;
    ip.value = "";
    onChange();
  };
  return (
    <form
      class="block-form"
      onSubmit={(event) => {
        event.preventDefault();
        void block();
      }}
    >
      <label class="field">
        Address
        <input
          type="text"
          required
          maxLength={45}
          autocomplete="off"
          spellcheck={false}
          placeholder="192.0.2.1"
          value={ip.value}
          onInput={(event) => ip.value = event.currentTarget.value}
        />
      </label>
      <label class="field">
        How long
        <select
          value={seconds.value}
          onChange={(event) => seconds.value = Number(event.currentTarget.value)}
        >
          {TIMES.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
        </select>
      </label>
      <button type="submit">Block</button>
    </form>
  );
}

const COLUMNS: readonly Column<UdpBlock>[] = [
  {
    id: "ip",
    title: "Address",
    kind: "code",
    value: ({ ip }) => ip,
    show: ({ ip }) => <code class="long">{ip}</code>,
  },
  {
    id: "until",
    title: "Until",
    value: ({ until }) => until ?? Infinity,
    show: ({ until }) => until === null ? "it is lifted" : <Left until={until} />,
  },
  { id: "reason", title: "Why", minor: true, value: ({ reason }) => reason },
  {
    id: "by",
    title: "By",
    minor: true,
    value: ({ by }) => by === "automatic" ? "the relay" : "an operator",
  },
];

/** Counts down while one looks. */
function Left({ until }: { readonly until: number }) {
  void tick.value;
  return (
    <time dateTime={new Date(until).toISOString()} title={moment(until)}>
      in {duration((until - relayNow()) / 1_000)}
    </time>
  );
}

function lifting(unblock: (ip: string) => void): Column<UdpBlock> {
  return {
    id: "unblock",
    title: "Unblock",
    kind: "action",
    value: () => null,
    show: ({ ip }) => (
      <button
        type="button"
        class="small"
        aria-label={`Unblock ${ip}`}
        onClick={() => unblock(ip)}
      >
        Unblock
      </button>
    ),
  };
}
