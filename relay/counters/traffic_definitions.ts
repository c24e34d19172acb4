/** Bytes on the wire: how much clients and other relays send and get. */
export const TRAFFIC_DEFINITIONS = {
  bytesReceived: {
    shape: "number",
    type: "counter",
    name: "wzp_relay_bytes_received_total",
    help: "Bytes of the datagrams received from clients",
  },
  bytesSent: {
    shape: "number",
    type: "counter",
    name: "wzp_relay_bytes_sent_total",
    help: "Bytes of the datagrams handed to the transport of local receivers",
  },
  federationBytesReceived: {
    shape: "number",
    type: "counter",
    name: "wzp_federation_bytes_received_total",
    help: "Bytes of media datagrams from peers",
  },
  federationBytesSent: {
    shape: "number",
    type: "counter",
    name: "wzp_federation_bytes_sent_total",
    help: "Bytes of media datagrams handed to the transport of peers",
  },
} as const;
