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

// eightKeys are the keys of reserve and record for a user, in their order: the
// four nodes from the organization down, holds, due, cal, touched. They share
// one string, because every request needs them.
func eightKeys(user Path) []string {
	org := user.Organization()
	start := len("tg:{}:") + len(org)
	var b strings.Builder
	b.Grow(5*start + len("b:") + len(user) + len("holdsduecaltouched"))
	for _, rest := range [...]string{"b:" + string(user), "holds", "due", "cal", "touched"} {
		b.WriteString("tg:{")
		b.WriteString(org)
		b.WriteString("}:")
		b.WriteString(rest)
	}
	all := b.String()
	cut := func(n int) string {
		key := all[:start+n]
		all = all[start+n:]
		return key
	}
	keys := make([]string, 8)
	keys[3] = cut(len("b:") + len(user))
	end := len(user)
	for i := 2; i >= 0; i-- {
		end = strings.LastIndexByte(string(user[:end]), '.')
		keys[i] = keys[3][:start+len("b:")+end]
	}
	for i, n := range [...]int{len("holds"), len("due"), len("cal"), len("touched")} {
		keys[4+i] = cut(n)
	}
	return keys
}

// sixKeys are the keys of settle and expire: those of reserve without cal and
// touched.
func sixKeys(user Path) []string { return eightKeys(user)[:6] }
