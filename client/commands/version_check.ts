/** `--version-check`: the relay's address and build hash. */
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { versionCheck } from "../version_check.ts";
import type { CommandContext } from "./command.ts";

export async function runVersionCheck(context: CommandContext): Promise<void> {
  const { endpoint, address, clock, args, print } = context;
  const { pin } = args;
  const hash = await versionCheck({ endpoint, address, clock, ...(pin && { pin }) });
  const relay = formatSocketAddress(address);
  print(args.json ? JSON.stringify({ relay, version: hash }) : `${relay} ${hash}`);
}
