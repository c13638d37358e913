package main

import (
	"strings"

	"tollgate.dev/tollgate/metering/money"
)

// money watches what the demo is for: dollars grow while requests are paid, and the budget that the traffic runs down on purpose
// is Exhausted and not passed.
func (r rig) money() {
	r.Helper()
	amounts := func(fields string, from ...string) []money.Amount {
		var out []money.Amount
		for _, text := range strings.Fields(r.get("admin", append(from, "-o", "jsonpath="+fields)...)) {
			amount, err := money.Parse(text)
			if err != nil {
				return nil // a warning, or an error: not known now
			}
			out = append(out, amount)
		}
		return out
	}
	last := money.Amount(-1)
	grown := 0
	r.eventually("acme's dollars grow, three times", func() bool {
		spent := amounts("{.status.spent}", "organizationbudget", "acme")
		if len(spent) != 1 {
			return false
		}
		if last >= 0 && spent[0] > last {
			grown++
		}
		last = spent[0]
		return grown >= 3
	})
	r.eventually("kubectl wait sees the interns' budget exhausted", func() bool { // again, should the server stand still when it begins
		return r.does("admin", "wait", "budget", "chat.interns", "-n", "acme-chat", "--for=jsonpath={.status.state}=Exhausted", "--timeout=10m")
	})
	var pool []money.Amount
	r.eventually("the interns' amounts", func() bool {
		pool = amounts("{.status.spent} {.status.limit}", "budget", "chat.interns", "-n", "acme-chat")
		return len(pool) == 2
	})
	if pool[0] > pool[1] {
		r.Errorf("the interns spent %s of %s, which blocks", pool[0], pool[1])
	}
}
