/** The relay for WireGuard packets: what it carries and drops, its peers, and who is blocked. */
import { useRef } from "preact/hooks";
import { get } from "../api.ts";
import { bitRate, bytes, compact, count, number, sharePct, text, words } from "../model/format.ts";
import { byCount } from "../model/registry.ts";
import type { UdpRelayState } from "../model/shapes.ts";
import { ratesOf, share, type UdpRates, type UdpReading } from "../model/udp_relay.ts";
import { LoadBar } from "../parts/load_bar.tsx";
import { useLoaded } from "../parts/loaded.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { UdpBlocks } from "./udp_blocks.tsx";
import { UdpPeers } from "./udp_peers.tsx";

const REFRESH_MS = 2_000;

export function UdpRelayView() {
  const last = useRef<UdpReading | null>(null);
  const { state, load } = useLoaded(
    async () => {
      const reading = { at: performance.now(), state: await get<UdpRelayState>("udp-relay") };
      const rates = ratesOf(last.current, reading);
      last.current = reading;
      return { ...reading, rates };
    },
    "udp-relay",
    REFRESH_MS,
  );
  const loaded = state.value;
  if (loaded.state === "loading") return <Loading what="the UDP relay" />;
  if (loaded.state === "failed") return <Failed sentence={loaded.sentence} retry={load} />;
  const { state: now, rates } = loaded.value;
  if (now.listen === null) return <Off />;
  return (
    <>
      <Totals now={now} rates={rates} />
      <div class="columns">
        <Drops now={now} />
        <UdpBlocks blocked={now.blocked} onChange={load} />
      </div>
      <UdpPeers peers={now.peers} total={now.peersTotal} onChange={load} />
    </>
  );
}

function Off() {
  return (
    <Empty title="The UDP relay is off">
      <p>
        Start the relay with <code>--udp-relay :51820</code>, or set <code>listen</code> below{" "}
        <code>[udp_relay]</code>, and it forwards WireGuard packets between peers of a group that
        cannot reach each other. It has none of their keys.
      </p>
    </Empty>
  );
}

interface TotalsProps {
  readonly now: UdpRelayState;
  readonly rates: UdpRates | null;
}

function Totals({ now, rates }: TotalsProps) {
  const rate = (value: number | undefined) => text(compact(rounded(value)));
  const traffic = (value: number | undefined) => text(bitRate(rounded(value)));
  return (
    <section aria-labelledby="udp-totals">
      <h2 id="udp-totals">What it carries</h2>
      <dl class="facts">
        <div>
          <dt>Listens on</dt>
          <dd>
            <code>{now.listen}</code>
          </dd>
        </div>
        <div>
          <dt>Groups</dt>
          <dd>
            {number(now.groups)}, with {count(now.keys, "key")}
          </dd>
        </div>
        <div>
          <dt>Peers</dt>
          <dd>{number(now.peersTotal)}</dd>
        </div>
        <div>
          <dt>Sessions</dt>
          <dd>{number(now.sessions)}</dd>
        </div>
      </dl>
      <table class="plain udp-totals">
        <caption class="unseen">Packets and bytes, now and since the start</caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">Direction</span>
            </th>
            <th scope="col" class="number">Packets a second</th>
            <th scope="col" class="number">Traffic</th>
            <th scope="col" class="number minor">Packets</th>
            <th scope="col" class="number minor">Bytes</th>
          </tr>
        </thead>
        <tbody>
          <tr data-udp="in">
            <th scope="row">Received</th>
            <td class="number">{rate(rates?.packetsIn)}</td>
            <td class="number">{traffic(rates?.bytesIn)}</td>
            <td class="number minor">{number(now.packetsIn)}</td>
            <td class="number minor">{text(bytes(now.bytesIn))}</td>
          </tr>
          <tr data-udp="forwarded">
            <th scope="row">Sent on</th>
            <td class="number">{rate(rates?.packetsForwarded)}</td>
            <td class="number">{traffic(rates?.bytesForwarded)}</td>
            <td class="number minor">{number(now.packetsForwarded)}</td>
            <td class="number minor">{text(bytes(now.bytesForwarded))}</td>
          </tr>
        </tbody>
      </table>
    </section>
  );
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value);
}

function Drops({ now }: { readonly now: UdpRelayState }) {
  const reasons = byCount(now.drops);
  return (
    <section class="companion" aria-labelledby="udp-drops">
      <h2 id="udp-drops">Dropped packets by reason</h2>
      {reasons.length === 0
        ? <Empty title="Nothing was dropped since the start" />
        : (
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">Reason</th>
                <th scope="col" class="number">Since start</th>
                <th scope="col">Of what came in</th>
              </tr>
            </thead>
            <tbody>
              {reasons.map(([reason, packets]) => (
                <tr key={reason} data-drop={reason}>
                  <th scope="row">{words(reason)}</th>
                  <td class="number">{number(packets)}</td>
                  <td>
                    <LoadBar
                      pct={share(packets, now) ?? 0}
                      text={sharePct(share(packets, now))}
                      title={`${number(packets)} of ${count(now.packetsIn, "packet")}`}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
    </section>
  );
}
