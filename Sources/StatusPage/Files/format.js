// Numbers and times for readers.

/** "12 s", "3 min", "2 h", "5 d": the largest unit that fits. */
export function age(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

/** The time until then, rounded up. */
export function countdown(milliseconds) {
  return milliseconds <= 0 ? "now" : age(Math.ceil(milliseconds / 1000) * 1000);
}

/** "99.5 %", "100 %", "–" without data. */
export function percent(value) {
  if (value === null || value === undefined) return "–";
  // 99.96 must not become 100: a reader would miss the failure.
  const text = value === 100 ? "100" : value >= 10 ? (Math.floor(value * 10) / 10).toFixed(1) : value.toFixed(1);
  return `${text} %`;
}

/** "of 12 min": the time that an uptime is a share of, where it is not most of the window. */
export function part(seconds) {
  return seconds === null || seconds === undefined ? "" : `of ${age(seconds * 1000)}`;
}

/** The load of a processor. */
export function processor(value) {
  if (value === null || value === undefined) return "–";
  return `${value >= 9.95 ? Math.round(value) : value.toFixed(1)} %`;
}

/** "12.3 MiB". */
export function bytes(value) {
  if (value === null || value === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let number = value;
  while (number >= 1024 && unit < units.length - 1) {
    number /= 1024;
    unit += 1;
  }
  return `${unit === 0 || number >= 100 ? Math.round(number) : number.toFixed(1)} ${units[unit]}`;
}

/** "1.2 ms", "340 ms", "2.1 s". */
export function responseTime(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "";
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds >= 10 ? Math.round(milliseconds) : milliseconds.toFixed(1)} ms`;
}

/** The duration of a run. */
export function span(seconds) {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : age(seconds * 1000);
}

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** The time of day, to the second. */
export function clock(milliseconds) {
  return clockFormat.format(milliseconds);
}

/** The time of day, with the date unless it is today. */
export function moment(milliseconds) {
  const day = new Date(milliseconds).toDateString() === new Date().toDateString() ? "" : `${dayFormat.format(milliseconds)}, `;
  return day + clock(milliseconds);
}

/** The zone of this place at that time: "UTC", "UTC+1", "UTC-3:30". */
export function zone(milliseconds, minutes = -new Date(milliseconds).getTimezoneOffset()) {
  if (minutes === 0) return "UTC";
  const rest = Math.abs(minutes) % 60;
  return `UTC${minutes < 0 ? "-" : "+"}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

/** The time of day with its zone, and with the date unless it is today: "14:03:22 UTC+1". */
export function zoned(milliseconds) {
  return `${moment(milliseconds)} ${zone(milliseconds)}`;
}

/** RFC 3339 as milliseconds since 1970, or null. */
export function parse(text) {
  return text ? Date.parse(text) : null;
}

/** "1 service", "3 services". */
export function count(number, noun, plural = `${noun}s`) {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** A name in the room of so many letters: long names often differ at their end, so that stays too. */
export function shortName(name, room) {
  const width = (text) => [...text].reduce((sum, letter) => sum + (/[mwMW@]/.test(letter) ? 1.8 : /[A-Z]/.test(letter) ? 1.25 : 1), 0);
  let short = name;
  for (let kept = name.length - 1; width(short) > room && kept > 1; kept -= 1) {
    short = `${name.slice(0, Math.ceil(kept / 2))}…${name.slice(name.length - Math.floor(kept / 2))}`;
  }
  return short;
}

/** As many names as a headline has room for: three, or fewer long ones. */
export function headlined(names) {
  let room = 60;
  const more = names.findIndex((name, index) => index > 0 && (index === 3 || (room -= names[index - 1].length) < name.length));
  return more < 0 ? names : names.slice(0, more);
}

/** "a", "a and b", "a, b and 3 more". */
export function list(names, most = 4) {
  if (names.length > most) return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
