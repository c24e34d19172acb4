/** Keys for what the relay is, where it listens and how it ends. */
import { listenAddress, publicAddress } from "../address.ts";
import { key, type Schema } from "../schema.ts";
import { number, optional, path } from "../value_types.ts";

export const generalKeys = {
  listen_addr: key({
    type: listenAddress,
    default: ":4433",
    reason:
      "4433 is the port clients of the original relay try first, and both address families reach it",
    help:
      'UDP address to listen on. ":4433" stands for that port on all IPv4 and IPv6 addresses; ' +
      "port 0 lets the system choose one.",
    flag: "--listen",
    reload: false,
  }),
  identity_file: key({
    type: path("file"),
    default: "~/.wzp/relay-identity",
    reason: "where the original relay keeps it, so that an existing identity is found",
    help:
      "File with the secret this relay's identity and certificate follow from. Created when it is " +
      "missing, never overwritten.",
    flag: "--identity",
    short: "-i",
    reload: false,
  }),
  state_dir: key({
    type: path("directory"),
    default: {
      text: "<identity_file>.d/",
      from: (value) => `${value("identity_file")}.d`,
    },
    reason: "beside the identity, so that relays with identities of their own never share state",
    help: "Directory for everything else the relay keeps, and for the lock that stops two relays " +
      "from using one identity.",
    flag: "--state-dir",
    reload: false,
    sample: "~/.wzp/relay-identity.d",
  }),
  advertised_addr: key({
    type: optional(publicAddress),
    default: null,
    reason:
      "most relays can find out: the listening address, or the outbound address of the machine",
    help:
      "Address at which clients and other relays reach this relay. Set it behind NAT or a port " +
      "forwarding.",
    flag: "--advertised-addr",
    reload: false,
    sample: "203.0.113.5:4433",
  }),
  drain_timeout: key({
    type: number({ shape: "seconds", min: 0, max: 86_400 }),
    default: 30,
    unit: "seconds",
    reason: "time to end a sentence, and well below the 90 s after which systemd kills a service",
    help: "How long a stopping relay waits for rooms and calls to end before it closes them.",
    flag: "--drain-timeout",
    reload: true,
  }),
} as const satisfies Schema;
