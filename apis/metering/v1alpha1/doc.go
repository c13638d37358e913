// Package v1alpha1 holds the virtual resources of the group
// metering.tollgate.dev: Budget, OrganizationBudget and Usage. They are stored
// nowhere: the aggregated API server computes them when they are read, budgets
// from the ledger in Redis and usage from Mimir. They can be got and listed.
//
// Amounts are bare decimals of US dollars ("312.44"), always present, and ""
// when they are unknown: then a condition says why. Field comments are the text
// of `kubectl explain`.
//
// +k8s:deepcopy-gen=package
// +k8s:openapi-gen=true
// +k8s:openapi-model-package=dev.tollgate.metering.v1alpha1
// +groupName=metering.tollgate.dev
package v1alpha1
