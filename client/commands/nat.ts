/** `--nat`: several relays' views of one socket, and what kind of translation they tell of. */
import { natJson, natLines, probeNat } from "../nat/probe.ts";
import { resolveRelayAddress } from "../relay_address.ts";
import type { CommandContext } from "./command.ts";

export async function runNat(context: CommandContext): Promise<void> {
  const { endpoint, clock, crypto, args, print } = context;
  const { token } = args;
  const options = { endpoint, clock, crypto, ...(token !== undefined && { token }) };
  const report = await probeNat(options, args.relays, resolveRelayAddress);
  for (const line of args.json ? [natJson(report)] : natLines(report)) print(line);
}
