// Package balance turns a budget node of tenancy and what the ledger says of it
// into the spec, status and table cells of a Budget.
//
// It asks the ledgers of several organizations in parallel, within one deadline,
// and says for each what could not be read and why: a list is answered whether
// Redis is there or not, and nothing unknown is ever shown as zero.
//
// It is called by the REST storages of budgets and organization budgets.
package balance
