// Package price answers what a request to a model costs.
//
// A Table holds what models cost from which moment on. Lookup finds the Rate
// of a (provider, model) at an instant, and Rate.Cost prices the token counts
// of a request:
//
//	cost = ceil(sum over kinds(tokens x price per million) / 1,000,000) + price per request
//
// All arithmetic is on integers. A price is nano-USD per million tokens, the
// sum is exact in 128 bits, and it is rounded up once for each request. What
// does not fit is an error and never wraps.
//
// Unpriced is an answer of its own: a model, or a kind of token, without a
// price gives an UnpricedError with a reason that a person can act on, and
// never zero. An explicit zero is a price.
//
// It is called by the usage API (estimates), the gateway's guards (holds and
// settlements) and the price commands. It is compiled into Wasm, so it imports
// the standard library only.
package price
