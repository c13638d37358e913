package ledger

import "strings"

// sentinel is a member of every shared key, so that none of them ever empties
// and vanishes. No id, path or calendar id is equal to it.
const sentinel = "-"

// prefix begins every key. The braces put an organization's keys into one
// slot of a Redis Cluster.
func prefix(org string) string { return "tg:{" + org + "}:" }

func nodeKey(p Path) string { return prefix(p.Organization()) + "b:" + string(p) }

func holdsKey(org string) string   { return prefix(org) + "holds" }
func dueKey(org string) string     { return prefix(org) + "due" }
func calKey(org string) string     { return prefix(org) + "cal" }
func touchedKey(org string) string { return prefix(org) + "touched" }

// nodeKeys returns the keys of the four nodes of a user's path, the
// organization first. They share the memory of the last one.
func nodeKeys(user Path) [4]string {
	key := nodeKey(user)
	rest := key[:len(key)-len(user)]
	keys := [4]string{3: key}
	end := len(key)
	for i := 2; i >= 0; i-- {
		end = len(rest) + strings.LastIndexByte(key[len(rest):end], '.')
		keys[i] = key[:end]
	}
	return keys
}
