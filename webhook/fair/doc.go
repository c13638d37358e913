// Package fair shares slots between flows of requests, so that a flow which
// sends more than can be served takes nothing from the others: a flow is an
// organization, a user, or a part of the platform.
//
// A free slot goes to the flow that holds the fewest, and among equals to the
// one whose turn is longest ago: round robin, where whoever holds slots for
// long, or several for one large request, comes later. Within a flow requests
// are served in the order in which they came. No flow gets more than three
// quarters of the slots, so that another's request mostly finds one free when it
// comes. A flow may fill the whole queue while it is alone; when the queue is
// full, the flow that has most in it gives up its youngest request, be it the
// one that has just come or one that makes room for another flow's.
//
// What follows, and what the tests hold: while requests end, none waits for
// ever; a flow that holds no slot is served before any other is served twice;
// and a flow is refused only if no other has more waiting.
//
// The ideas are those of Kubernetes' API priority and fairness (max-min
// fairness over seats, a queue per flow); slots stand for seats, and because no
// flow shares a queue with another there is nothing to shuffle.
//
// It is called by the webhook's handler.
package fair
