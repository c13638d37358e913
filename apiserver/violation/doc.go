// Package violation serves the virtual resources policyviolations and
// clusterpolicyviolations: what exists now and breaks a policy as it is now.
// Nothing is stored and nothing is cut off: the objects are judged when the
// list is read, namespace by namespace, until the page that was asked for is
// full. So a page costs the judgement of its namespaces, whatever the cluster
// holds, and memory that of the largest of them.
//
// Two resources, because kubectl asks for namespaced and cluster-scoped rows
// apart, and who may see a namespace's violations need not see the cluster's.
//
// It is called by the generic API server; cmd/tollgate wires it to the audit of
// package rego/audit.
package violation
