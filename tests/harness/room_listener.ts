/** A program that joins a room as a client of the original kind would (port, pin and room are its arguments) and listens. */
import { parseTlsFingerprint } from "../../proto/certificate.ts";
import { TestClients } from "./test_client.ts";

const [port, pin, room] = Deno.args;
const clients = await TestClients.open(
  { ip: "127.0.0.1", port: Number(port) },
  { pin: parseTlsFingerprint(pin!) },
);
const client = await clients.join(room!);
const { reason } = await client.connection.closed;
await clients.close();
console.log(reason);
