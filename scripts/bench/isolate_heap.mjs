// Asks V8, through workerd's inspector, what the isolate of the Worker holds; prints nothing when it does not answer.
// An isolate answers only while it works, so this is asked during an event.
const [address, id] = process.argv.slice(2);
const socket = new WebSocket(`ws://${address}/${id}`);
setTimeout(() => process.exit(1), 4000);
socket.onerror = () => process.exit(1);
socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: "Runtime.getHeapUsage" }));
socket.onmessage = (event) => {
  const answer = JSON.parse(event.data);
  if (answer.id !== 1) return;
  console.log(JSON.stringify(answer.result));
  process.exit(0);
};
