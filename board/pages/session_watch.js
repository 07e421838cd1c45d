// Leaves for the sign-in page once the session has ended, in every tab.
export default function ({ data, parentElement }) {
  if (parentElement.acWatch) return parentElement.acWatch;
  const look = async () => {
    try {
      const answer = await fetch("/api/me", { cache: "no-store", headers: { accept: "application/json" } });
      if (answer.status === 401 || answer.status === 403) {
        const here = location.pathname + location.search;
        location.href = "/login?next=" + encodeURIComponent(here);
      }
    } catch {
      // The board cannot be reached: the next look tells.
    }
  };
  const onShow = () => document.hidden || look();
  const timer = setInterval(look, data.every_ms);
  document.addEventListener("visibilitychange", onShow);
  parentElement.acWatch = () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", onShow);
    parentElement.acWatch = undefined;
  };
  return parentElement.acWatch;
}
