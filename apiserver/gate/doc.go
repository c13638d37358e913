// Package gate bounds how many listed objects are in memory at once.
//
// Priority and fairness bounds requests, not memory, and a list without a limit
// holds all its objects until the last byte is sent. So a storage enters the
// gate with the number of objects it is about to build, and the request leaves
// when its answer has been written.
//
// The server installs Handler; the REST storages call Enter.
package gate
