// Package specs reads Organizations, Projects and PriceTables from a cluster for
// the part of the demo that stands in for the gateway. It
// lists them anew each time, which is right for a demo's handful and wrong for a
// cluster's thousands.
//
// Called by hack/demo and hack/demo/traffic.
package specs
