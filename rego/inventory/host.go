package inventory

import (
	"strings"

	"golang.org/x/net/idna"
)

// AnyHost stands for a route without a host, which takes every one.
const AnyHost = "*"

// NormalHost returns the one form of a host that is compared everywhere: IDN
// labels as A-labels, lower case, one trailing dot removed, a leading *. kept,
// and AnyHost for an empty one. Names that IDNA refuses (an underscore in a
// label is not such a case) are folded to lower case and otherwise left: they
// equal nothing that a resolver knows.
//
// Source: UTS #46, non-transitional, as browsers look names up.
func NormalHost(host string) string {
	base, wild := strings.CutPrefix(host, "*.")
	if !plain(base) {
		if ascii, err := lookup().ToASCII(base); err == nil {
			base = ascii
		}
		base = strings.ToLower(base)
	}
	base = strings.TrimSuffix(base, ".")
	switch {
	case wild && base != "":
		return "*." + base
	case base == "":
		return AnyHost
	}
	return base
}

// plain reports whether a name is in its normal form already but for a trailing
// dot, which most are.
func plain(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c >= 0x80 || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

func lookup() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))
}
