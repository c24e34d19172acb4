/** Every decoder that sees bytes or text from the network, one line each. */
import { parseRoomName } from "../../proto/room_name.ts";
import { formatSocketAddress, parseSocketAddress } from "../../proto/socket_address.ts";
import { identityTargets } from "./identity_targets.ts";
import { mediaTargets } from "./media_targets.ts";
import { signalTargets } from "./signal_targets.ts";
import { ensure, type FuzzTarget, textTarget } from "./target.ts";

const addresses = [
  "192.0.2.1:40001",
  "[2001:db8::1]:4433",
  "[::ffff:1.2.3.4]:0",
  "[fe80::1%2]:65535",
  "[1:2:3:4:5:6:7:8]:1",
];

const names = ["general", "call-0123456789abcdef", "_federation", "a.b-c.d_e.", "x127.0.0.1x"];

const socketAddress = textTarget("socket-address", addresses, parseSocketAddress, (address) => {
  if (address === null) return "refused";
  const text = formatSocketAddress(address);
  const again = parseSocketAddress(text);
  ensure(again?.ip === address.ip && again.port === address.port, "what is printed reads back");
  ensure(again !== null && formatSocketAddress(again) === text, "what is printed is canonical");
  return `ok ${text.replace(/[0-9a-f]+/g, "#")}`;
});

const roomName = textTarget("room-name", names, parseRoomName, (result) => {
  if (!result.ok) return `refused ${result.problem.replace(/U\+\w+|"."|\d+/gu, "#")}`;
  const again = parseRoomName(result.name);
  ensure(again.ok && again.name === result.name, "an accepted name is accepted unchanged");
  return `ok ${result.name.includes(".")}`;
});

export const TARGETS: readonly FuzzTarget[] = [
  ...mediaTargets,
  ...signalTargets,
  ...identityTargets,
  socketAddress,
  roomName,
];
