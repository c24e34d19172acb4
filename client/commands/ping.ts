/** `--ping`: handshake times, their median, and the relay's TLS fingerprint. */
import { formatTlsFingerprint } from "../../proto/certificate.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { ping } from "../ping.ts";
import type { CommandContext } from "./command.ts";

export async function runPing(context: CommandContext): Promise<void> {
  const { endpoint, address, clock, crypto, args, print } = context;
  const relay = formatSocketAddress(address);
  const times: number[] = [];
  const measure = (pin?: Uint8Array) => {
    return ping({ endpoint, address, clock, crypto, ...(pin && { pin }) });
  };
  // The first of a process takes longer by what the program itself has to get ready; it also learns the certificate.
  const pin = args.pin ?? (await measure()).certificateHash;
  if (args.pin) await measure(pin);
  while (times.length < args.count) {
    const result = await measure(pin);
    times.push(result.rttMs);
    if (!args.json) print(`${relay} handshake ${times.length}: ${result.rttMs.toFixed(1)} ms`);
  }
  const fingerprint = formatTlsFingerprint(pin);
  const sorted = times.toSorted((a, b) => a - b);
  const median = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  if (!args.json) {
    print(`${relay} median ${median.toFixed(1)} ms tls_fingerprint=${fingerprint}`);
    return;
  }
  const round = (ms: number) => Math.round(ms * 1000) / 1000;
  print(JSON.stringify({
    relay,
    tls_fingerprint: fingerprint,
    median_ms: round(median),
    handshakes_ms: times.map(round),
  }));
}
