// Package openapi has the OpenAPI definitions of the virtual resources,
// generated from their Go types by hack/update-codegen.sh, and says of the
// fields that may be null that they may: the generator knows no marker for it.
//
// Called by apiserver, whose server publishes them.
package openapi
