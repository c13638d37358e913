package ledger

import "strings"

// sentinel is a member of every shared key, so that none of them ever empties
// and vanishes. No id, path or calendar id is equal to it.
const sentinel = "-"

// keyStart is how every key begins, and no request id.
const keyStart = "tg:{"

// prefix begins every key of an organization. The braces put an organization's keys into one
// slot of a Redis Cluster.
func prefix(org string) string { return keyStart + org + "}:" }

func nodeKey(p Path) string { return prefix(p.Organization()) + "b:" + string(p) }

func openKey(org string) string    { return prefix(org) + "open" }
func dueKey(org string) string     { return prefix(org) + "due" }
func calKey(org string) string     { return prefix(org) + "cal" }
func touchedKey(org string) string { return prefix(org) + "touched" }

// pathOf returns the node whose key it is.
func pathOf(org, key string) (Path, bool) {
	rest, ok := strings.CutPrefix(key, prefix(org)+"b:")
	if !ok {
		return "", false
	}
	p, err := ParsePath(rest)
	return p, err == nil && p.Organization() == org
}

// eightKeys are the keys of reserve and record for a user, in their order: the
// four nodes from the organization down, open, due, cal, touched. They share
// one string, because every request needs them.
func eightKeys(user Path) []string {
	org := user.Organization()
	start := len("tg:{}:") + len(org)
	var b strings.Builder
	b.Grow(5*start + len("b:") + len(user) + len("openduecaltouched"))
	for _, rest := range [...]string{"b:" + string(user), "open", "due", "cal", "touched"} {
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
	for i, n := range [...]int{len("open"), len("due"), len("cal"), len("touched")} {
		keys[4+i] = cut(n)
	}
	return keys
}

// sixKeys are the keys of expire: those of reserve without cal and touched.
func sixKeys(user Path) []string { return eightKeys(user)[:6] }

// fiveKeys are the keys of settle: those of expire without due.
func fiveKeys(user Path) []string { return eightKeys(user)[:5] }
