package importer

import (
	"fmt"

	"tollgate.dev/tollgate/metering/price"
)

// unitCount tells a single odd price from a list in the wrong unit.
type unitCount struct{ priced, high, low int }

// add counts a model with prices by whether one of them was out of bounds.
func (u *unitCount) add(high, low bool) {
	u.priced++
	if high {
		u.high++
	}
	if low {
		u.low++
	}
}

// check refuses a list of which a fifth of the models (or half of a short
// list) is out of bounds on the same side.
func (u *unitCount) check(format Format) error {
	unit := "US dollars per million tokens"
	if format == LiteLLM {
		unit = "US dollars per token"
	}
	wrong := func(n int) bool { return n >= 1 && n*2 >= u.priced || n >= 3 && n*5 >= u.priced }
	if wrong(u.high) {
		return fmt.Errorf("%d of %d models would cost more than $%s per million tokens: a %s list is in %s, and this one seems to be in a larger unit",
			u.high, u.priced, price.HighestToken, format, unit)
	}
	if wrong(u.low) {
		return fmt.Errorf("%d of %d models would cost less than $%s per million tokens: a %s list is in %s, and this one seems to be in a smaller unit",
			u.low, u.priced, price.LowestToken, format, unit)
	}
	return nil
}
