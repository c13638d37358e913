// Package window cuts time into budget windows: days, weeks and months of an
// IANA time zone with an anchor, or one window that never ends. A window is
// named by its start, so no job has to roll it over.
//
// Days begin at the first instant of their local date. That is local midnight,
// except where the clocks are changed at midnight: where midnight is skipped
// the day begins with the first instant that has its date, where midnight comes
// twice it begins with the first, and a date that a zone skips altogether
// begins (and so vanishes) with the next one. A monthly anchor of 31 means the
// last day of a shorter month. Starts strictly increase, and every instant is
// in exactly one window.
//
// Enforcement does not compute any of this: the boundaries are written to the
// ledger ahead of time (see Calendar.Ahead), so that a guard in another
// language needs no time zones, and all replicas that write a boundary once
// agree on it even when their tz databases do not.
//
// It is called by package terms, which turns a budget's period into a Calendar,
// by the API server for calendar months of usage, and by nobody in the request
// path. It imports the standard library only. The tz database is the host's or
// the one that the program embeds with time/tzdata.
package window
