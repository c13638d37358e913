// Package follow keeps an engine supplied with what a cluster holds: the
// objects of its inventory, and AdmissionPolicies beside the policies of the
// baseline, as the settings say.
//
// It keeps no object: what an object means goes to the inventory's builder, and
// here stays only its name. Kinds that are not installed are followed once they
// are, and kinds that AdmissionPolicies name as long as they do. Inventories are
// put together twenty times a second at most. New settings are read aside and
// come into force at once, when everything has been read by them.
//
// It is called by cmd/tollgate, for the webhook and for the live audit.
package follow
