/** `--reflect`: the address the relay sees us at. */
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { REFLECT_TIMEOUT_MS } from "../calls/signal_session.ts";
import { probe } from "../nat/probe.ts";
import { QUESTION_TIMEOUT_MS } from "../question_timeout.ts";
import type { CommandContext } from "./command.ts";

export async function runReflect(context: CommandContext): Promise<void> {
  const { endpoint, address, clock, crypto, args, print } = context;
  const { token, pin } = args;
  const options = {
    endpoint,
    clock,
    crypto,
    ...(token !== undefined && { token }),
    ...(pin && { pin }),
  };
  const { observed, latencyMs } = await probe(
    options,
    address,
    QUESTION_TIMEOUT_MS,
    REFLECT_TIMEOUT_MS,
  );
  const seen = formatSocketAddress(observed);
  if (!args.json) return print(seen);
  print(JSON.stringify({
    relay: formatSocketAddress(address),
    observed_addr: seen,
    local_port: endpoint.localAddress.port,
    latency_ms: Math.round(latencyMs * 1000) / 1000,
  }));
}
