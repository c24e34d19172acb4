/** What tests of rooms and calls stand on: the built relay, and clients that know its certificate. */
import { parseTlsFingerprint } from "../../proto/certificate.ts";
import type { Transport } from "../../quic/port.ts";
import { withLimit } from "../contract/rig.ts";
import { type RelayOptions, type RelayProcess, startRelay } from "../harness/relay_process.ts";
import { TestClients } from "../harness/test_client.ts";

export interface RelayRig {
  readonly relay: RelayProcess;
  /** They share a socket. */
  readonly clients: TestClients;
}

/** Clients of a relay, on a socket of their own. */
export function clientsOf(
  relay: Pick<RelayProcess, "address" | "tlsFingerprint">,
  transport?: Transport,
  from?: string,
): Promise<TestClients> {
  const pin = parseTlsFingerprint(relay.tlsFingerprint);
  return TestClients.open(relay.address, { pin }, transport, from);
}

/** Registers a test that gets a relay of its own. */
export function relayTest(
  name: string,
  run: (rig: RelayRig) => Promise<void>,
  options: RelayOptions = {},
): void {
  Deno.test(name, () =>
    withLimit((async () => {
      await using relay = await startRelay(options);
      await using clients = await clientsOf(relay);
      await run({ relay, clients });
    })()));
}

/** A metric with labels, as `SIGUSR1` prints it. */
export async function countsOf(relay: RelayProcess, metric: string) {
  return (await relay.counters())[metric] as Record<string, number>;
}

/** Waits until a metric is as it should be. */
export async function countersShow(
  relay: RelayProcess,
  metric: string,
  is: (value: unknown) => boolean,
): Promise<void> {
  while (!is((await relay.counters())[metric])) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
