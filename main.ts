/** The door: the relay, or the client tool when the first argument says so. */
import { runClient } from "./client/run.ts";
import { denoTransport } from "./quic/deno/transport.ts";
import { peekCertificate } from "./quic/peek_certificate.ts";
import { runRelay } from "./relay/start.ts";

const [first, ...rest] = Deno.args;
const surroundings = {
  transport: denoTransport({ peek: peekCertificate }),
  print: (line: string) => console.log(line),
  printError: (line: string) => console.error(line),
};
Deno.exit(
  first === "client"
    ? await runClient(rest, surroundings)
    : await runRelay(Deno.args, surroundings),
);
