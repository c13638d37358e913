// Package specs reads Organizations, Projects and PriceTables from a cluster for
// the parts of the demo that stand in for the controller and the gateway. It
// lists them anew each time, which is right for a demo's handful and wrong for a
// cluster's thousands.
//
// Called by hack/demo/limits and hack/demo/traffic.
package specs
