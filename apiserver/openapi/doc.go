// Package openapi has the OpenAPI definitions of the virtual resources, generated from their Go types by hack/update-codegen.sh.
//
// Called by apiserver, whose server publishes them.
package openapi
