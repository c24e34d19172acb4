/** Peers of the UDP relay, with a way to block one. */
import { count, duration, NONE, number } from "../model/format.ts";
import type { UdpPeer } from "../model/shapes.ts";
import { addressOf } from "../model/udp_relay.ts";
import { operate } from "../operate.ts";
import { Empty } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";

/** Long enough to find out what it is about, and over by itself. */
const BLOCK_S = 600;

export interface UdpPeersProps {
  /** 1,000 at most. */
  readonly peers: readonly UdpPeer[];
  readonly total: number;
  readonly onChange: () => void;
}

export function UdpPeers({ peers, total, onChange }: UdpPeersProps) {
  const block = async (ip: string) => {
    if (await operate("udp-relay/block", { ip, seconds: BLOCK_S })) onChange();
  };
  return (
    <section aria-labelledby="udp-peers">
      <div class="bar">
        <h2 id="udp-peers">Peers</h2>
        <p class="soft count">
          {total > peers.length
            ? `${number(peers.length)} of ${number(total)} are shown`
            : count(total, "peer")}
        </p>
      </div>
      {peers.length === 0
        ? (
          <Empty title="No peer has been heard">
            <p>
              A peer appears with its first handshake, and goes five minutes after its last packet.
            </p>
          </Empty>
        )
        : (
          <Table
            caption="Peers of the UDP relay"
            items={peers}
            keyOf={({ group, endpoint }) => `${group} ${endpoint}`}
            first={{ column: "group", down: false }}
            columns={[...COLUMNS, blocking((ip) => void block(ip))]}
          />
        )}
    </section>
  );
}

const COLUMNS: readonly Column<UdpPeer>[] = [
  {
    id: "endpoint",
    title: "Endpoint",
    kind: "code",
    value: ({ endpoint }) => endpoint,
    show: ({ endpoint }) => <code class="long">{endpoint}</code>,
  },
  {
    id: "group",
    title: "Group",
    value: ({ group }) => group,
    show: ({ group }) => (
      <span class="person">
        <bdi>{group}</bdi>
      </span>
    ),
  },
  {
    id: "key",
    title: "Key",
    kind: "code",
    minor: true,
    value: ({ key }) => key,
    show: ({ key }) => key === null ? <span class="soft">not known</span> : `${key}\u2026`,
  },
  {
    id: "verified",
    title: "Address",
    minor: true,
    value: ({ verified }) => Number(!verified),
    show: ({ verified }) => (
      <span class={`health ${verified ? "good" : "unknown"}`}>
        <span aria-hidden="true">{verified ? "\u25cf" : "\u25cb"}</span>{" "}
        {verified ? "proven" : "not yet"}
      </span>
    ),
  },
  {
    id: "heard",
    title: "Heard",
    kind: "number",
    minor: true,
    value: ({ ageMs }) => ageMs,
    show: ({ ageMs }) => `${duration(ageMs / 1_000)} ago`,
  },
  {
    id: "in",
    title: "Packets in",
    kind: "number",
    minor: true,
    value: ({ packetsIn }) => packetsIn,
    show: ({ packetsIn }) => packetsIn === 0 ? NONE : number(packetsIn),
  },
  {
    id: "out",
    title: "Packets out",
    kind: "number",
    minor: true,
    value: ({ packetsOut }) => packetsOut,
    show: ({ packetsOut }) => packetsOut === 0 ? NONE : number(packetsOut),
  },
];

function blocking(block: (ip: string) => void): Column<UdpPeer> {
  return {
    id: "block",
    title: "Block",
    kind: "action",
    value: () => null,
    show: ({ endpoint }) => (
      <button
        type="button"
        class="small danger"
        aria-label={`Block ${addressOf(endpoint)} for ten minutes`}
        title="For ten minutes"
        onClick={() => block(addressOf(endpoint))}
      >
        Block
      </button>
    ),
  };
}
