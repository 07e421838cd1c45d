// Times to come: those to put a case off until, and how they are said and typed.
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });

// A time to come: by its weekday where that says enough.
function moment(time) {
  return time - Date.now() / 1000 < 6 * DAY ? WEEKDAY.format(new Date(time * 1000)) : absolute(time);
}

function snoozeTimes() {
  const at = (days, hour) => {
    const time = new Date();
    time.setDate(time.getDate() + days);
    time.setHours(hour, 0, 0, 0);
    return time.getTime() / 1000;
  };
  const now = new Date();
  const times = [["In an hour", Math.ceil(now.getTime() / 1000 + HOUR)]];
  if (now.getHours() < 15) times.push(["This afternoon", at(0, 16)]);
  times.push(["Tomorrow morning", at(1, 9)], ["Next Monday", at((8 - now.getDay()) % 7 || 7, 9)]);
  return times;
}

// A time as a field for local times takes it.
function localTime(time) {
  const local = new Date(time * 1000 - new Date(time * 1000).getTimezoneOffset() * MINUTE * 1000);
  return local.toISOString().slice(0, 16);
}
