package price

import "slices"

// SamePrice tells whether two entries charge the same for every request,
// whatever their names and dates and however they are written: a price that is
// left out is the one that stands in for it, and a tier that changes nothing is
// none. Entries that price nothing are the same when they say so for the same
// reason.
func SamePrice(a, b Entry) bool {
	x, y := a.compile(), b.compile()
	return x.mode == y.mode && x.perRequest == y.perRequest && x.reason == y.reason && x.detail == y.detail &&
		a.PerRequestOnly == b.PerRequestOnly && slices.Equal(distinct(x.steps), distinct(y.steps))
}

// distinct leaves out the steps that charge what the one below charges.
func distinct(steps []step) []step {
	return slices.CompactFunc(slices.Clone(steps), func(a, b step) bool { return a.rate == b.rate })
}
