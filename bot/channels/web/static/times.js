// Times as the person in front of the page reads them: in the browser's own zone and language.

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const FULL_DAY = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "long", year: "numeric" });
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

export const clock = (date) => CLOCK.format(date);
export const exact = (date) => EXACT.format(date);
export const sameDay = (one, other) => midnight(one).getTime() === midnight(other).getTime();

export function dayLabel(date, now = new Date()) {
  // Days are counted on the calendar: a day with a clock change has 23 or 25 hours.
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return date.getFullYear() === now.getFullYear() ? WEEKDAY.format(date) : FULL_DAY.format(date);
}

export function greeting(now = new Date()) {
  const hour = now.getHours();
  if (hour < 5 || hour >= 18) return "Good evening";
  return hour < 12 ? "Good morning" : "Good afternoon";
}
