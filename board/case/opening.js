// Tells the pane of the case which one was chosen from the list, so that it is drawn without the list being asked first.
export default function ({ parentElement, setTriggerValue }) {
  parentElement.acSend = setTriggerValue;
  if (parentElement.acStop) return parentElement.acStop;
  const onOpen = (event) => {
    event.preventDefault(); // the list sees that it was taken
    parentElement.acSend("open", event.detail);
  };
  document.addEventListener("afterclick:open", onOpen);
  parentElement.acStop = () => {
    document.removeEventListener("afterclick:open", onOpen);
    parentElement.acStop = undefined;
  };
  return parentElement.acStop;
}
