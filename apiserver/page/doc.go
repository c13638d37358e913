// Package page splits a list into pages: limit, continue and the count of what
// remains, for virtual resources that no etcd orders or remembers.
//
// A list is ordered by namespace and name, and a continue token is the last key
// of the page before, so a page needs no state in the server, any replica can
// answer it, and a row that comes or goes between two pages moves no other.
//
// It is called by the REST storages of budgets, organization budgets and usage.
package page
