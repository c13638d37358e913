// Package status says in the status of Organizations, Projects and PriceTables
// whether they count, and if not what to do.
//
// What a status should be is a pure function of the objects (OrganizationStatus,
// ProjectStatus, PriceTableStatus). Controller writes those that differ, by
// server-side apply, and nothing else: an unchanged condition keeps its
// lastTransitionTime, and a second round over unchanged objects writes nothing.
//
// A message never says anything about an organization to which the object does
// not belong (see package tenancy).
//
// Called by `tollgate controller`.
package status
