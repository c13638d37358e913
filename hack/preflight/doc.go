// Package preflight looks at free disk and memory before something large starts, so that it fails at once with a sentence instead of
// after minutes with a signal.
//
// Called by hack/build and hack/demo.
package preflight
