/** Messages to a worker, those of one moment in one parcel: each parcel costs both threads more than what is in it. */
export function batchedPost<Message>(
  post: (messages: readonly Message[]) => void,
): (message: Message) => void {
  let waiting: Message[] = [];
  return (message) => {
    if (waiting.push(message) > 1) return;
    queueMicrotask(() => {
      const messages = waiting;
      waiting = [];
      post(messages);
    });
  };
}
