package baseline_test

import (
	"math"
	"net/url"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// converted makes of an Ingress what the gateway makes of it, as far as Envoy
// would refuse the result, or Secrets be pasted into it.
func (s *scope) converted(ingress *networkingv1.Ingress) {
	read := map[string]string{}
	for key, value := range ingress.Annotations {
		if !keyed(key) {
			s.escape("a slice that is none, of " + key)
		}
		if suffix, ok := suffixOf(key); ok {
			read[suffix] = value
			s.matched(key, value)
		}
	}
	for _, suffix := range []string{"permanent-redirect", "temporal-redirect"} {
		u, err := url.Parse(read[suffix])
		if err == nil && strings.HasPrefix(u.Scheme, "http") && (strings.Contains(u.Path, "${") || strings.ContainsAny(u.Path, "\x00\r\n")) {
			s.escape("a redirect to " + strconv.Quote(u.Path))
		}
	}
	number := func(suffix string, otherwise int) int {
		if n, err := strconv.Atoi(read[suffix]); err == nil {
			return n
		}
		return otherwise
	}
	for _, suffix := range []string{"route-limit-rpm", "route-limit-rps"} {
		if _, err := strconv.Atoi(read[suffix]); err == nil && uint32(number(suffix, 0)*number("route-limit-burst-multiplier", 5)) == 0 {
			s.escape("an empty bucket")
		}
	}
	if n := number("session-cookie-expires", 0); n < 0 {
		s.escape("a cookie that has expired")
	}
	if read["rewrite-path"] != "" && !strings.HasSuffix(read["rewrite-path"], "/") {
		for _, rule := range ingress.Spec.Rules {
			for i := 0; rule.HTTP != nil && i < len(rule.HTTP.Paths); i++ {
				p := rule.HTTP.Paths[i]
				if _, err := regexp.Compile("^" + strings.TrimSuffix(p.Path, "/") + "(/.*)?"); err != nil && *p.PathType != networkingv1.PathTypeExact {
					s.escape("an expression of " + p.Path)
				}
			}
		}
	}
}

// keyed cuts a key as Higress does for the key of a rule, where it may panic.
func keyed(key string) (whole bool) {
	defer func() { whole = recover() == nil }()
	for _, what := range []string{"match-header", "match-pseudo-header", "match-query"} {
		if i := strings.Index(key, what); i != -1 {
			_, _ = key[len("higress.io/"):i], key[i+len(what)+1:]
			break
		}
	}
	return true
}

// matched judges an annotation as Higress looks for matches: anywhere in a key
// for the kind of thing, and behind the prefix for the way.
func (s *scope) matched(key, value string) {
	const prefix = len("higress.io/")
	way := ""
	for _, w := range []string{"exact", "regex", "prefix"} {
		if strings.Index(key, w) == prefix {
			way = w
			break
		}
	}
	for _, what := range []string{"match-header", "match-query"} {
		i := strings.Index(key, what)
		if name := i + len(what) + 1; way != "" && i >= 0 && name < len(key) {
			if what == "match-header" {
				s.chosenBy(key[name:])
			}
			if way != "exact" && value == "" {
				s.escape("a match by nothing")
			}
			if way == "regex" {
				s.expression(value)
			}
		}
	}
}

// expression judges a regular expression: whether it compiles, and whether its
// program is for sure larger than Envoy takes.
func (s *scope) expression(text string) {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		s.escape("no expression: " + text)
		return
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		s.escape("no program: " + text)
		return
	}
	steps := 0
	for _, i := range prog.Inst {
		steps += max(1, len(i.Rune)/2)
	}
	if steps > 1<<15 {
		s.escape("a large program")
	}
}

// weights are the shares of destinations as the gateway adds and divides them.
func (s *scope) weights(value string) {
	var shares []int32
	for _, line := range strings.Split(value, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		share := int64(100)
		if digits, ok := strings.CutSuffix(words[0], "%"); ok {
			var err error
			if share, err = strconv.ParseInt(digits, 10, 32); err != nil {
				return // and no destination
			}
		}
		shares = append(shares, int32(share))
	}
	if len(shares) < 2 {
		return
	}
	var total, all int32
	for i, share := range shares {
		all += share
		if i > 0 {
			total += share
		}
	}
	total = max(total, all)
	rest := 100
	for _, share := range shares[1:] {
		part := float64(share) / float64(total) * 100
		if math.IsNaN(part) || part < 0 {
			s.escape("weights that are none")
			return
		}
		rest -= int(part)
	}
	if rest < 0 {
		s.escape("a weight below zero")
	}
}
