package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/pricetable"
)

// maxTiers is how many tiers a PriceTable's entry holds.
const maxTiers = 8

// rates are prices in nano-USD per million tokens.
type rates map[price.Kind]money.Amount

// draft is one price of a model while its fields are read. The zero draft has
// no prices.
type draft struct {
	from       time.Time
	mode       v1alpha1.Mode
	base       rates
	tiers      map[int64]rates
	perRequest *money.Amount
	others     []string // units that Tollgate does not meter and that cost something
	bad        string   // the first thing that is wrong
	high, low  bool
	rounded    bool
	costs      bool // some price is above 0
}

// fail keeps the first thing that is wrong.
func (d *draft) fail(format string, args ...any) {
	if d.bad == "" {
		d.bad = fmt.Sprintf(format, args...)
	}
}

// number reads a price as nano-USD, shifted by a power of ten; ok is false
// when there is none. A null is none.
func (d *draft) number(field string, v any, shift int, bounded bool) (amount money.Amount, ok bool) {
	var text string
	switch v := v.(type) {
	case nil:
		return 0, false
	case json.Number:
		text = v.String()
	case string:
		text = v
	default:
		d.fail("%s is not a number", field)
		return 0, false
	}
	amount, rounded, err := nano(text, shift)
	if err == nil && amount > 0 && bounded {
		switch {
		case amount > price.HighestToken:
			err = errTooHigh
		case amount < price.LowestToken:
			err = errTooLow
		}
	}
	d.high = d.high || errors.Is(err, errTooHigh)
	d.low = d.low || errors.Is(err, errTooLow)
	if err != nil {
		if len(text) > longest {
			text = text[:longest] + "..."
		}
		d.fail("%s %q %v", field, text, err)
		return 0, false
	}
	d.rounded = d.rounded || rounded
	d.costs = d.costs || amount > 0
	return amount, true
}

// token reads the price of a kind of token, for contexts above so many tokens
// (0: for all).
func (d *draft) token(kind price.Kind, above int64, field string, v any, shift int) {
	amount, ok := d.number(field, v, shift, true)
	if !ok {
		return
	}
	if above == 0 {
		if d.base == nil {
			d.base = rates{}
		}
		d.base[kind] = amount
		return
	}
	if d.tiers == nil {
		d.tiers = map[int64]rates{}
	}
	if d.tiers[above] == nil {
		d.tiers[above] = rates{}
	}
	d.tiers[above][kind] = amount
}

// request reads the price of a request.
func (d *draft) request(field string, v any, shift int) {
	amount, ok := d.number(field, v, shift, false)
	if !ok {
		return
	}
	if amount > price.HighestRequest {
		d.fail("%s is more than $%s for a request", field, price.HighestRequest)
		return
	}
	d.perRequest = &amount
}

// other notes a unit that Tollgate does not meter, if it costs something.
func (d *draft) other(unit string, v any) {
	if costs(v) {
		d.others = append(d.others, unit)
	}
}

// costs tells whether there is a number other than zero in v.
func costs(v any) bool {
	switch v := v.(type) {
	case json.Number:
		return strings.Trim(strings.SplitN(strings.ToLower(v.String()), "e", 2)[0], "-0.") != ""
	case string:
		amount, _, err := nano(v, 0)
		return err == nil && amount > 0
	case []any:
		return slices.ContainsFunc(v, costs)
	case *object:
		for _, k := range v.keys {
			if costs(v.values[k]) {
				return true
			}
		}
	}
	return false
}

func (r rates) export() v1alpha1.Rates {
	at := func(k price.Kind) *v1alpha1.Price {
		v, ok := r[k]
		if !ok {
			return nil
		}
		text := FormatPrice(v)
		return &text
	}
	return v1alpha1.Rates{
		Input: at(price.Input), Output: at(price.Output), CacheRead: at(price.CacheRead), CacheWrite: at(price.CacheWrite),
		Reasoning: at(price.Reasoning), AudioInput: at(price.AudioInput), AudioOutput: at(price.AudioOutput),
		ImageInput: at(price.ImageInput), ImageOutput: at(price.ImageOutput),
	}
}

// settle decides what becomes of a model that has been read: added, skipped or
// bad.
func (c *collector) settle(provider, model string, drafts []*draft) {
	provider = c.rename(provider)
	if reason := checkNames(provider, model); reason != "" {
		c.drop([2]string{printable(provider), printable(model)}, reason)
		return
	}
	source := &v1alpha1.PriceSource{Format: string(c.list.Format), URL: c.opts.URL, Digest: c.list.Digest}
	m := Model{Provider: provider, Model: model}
	high, low, priced := false, false, false
	for _, d := range drafts {
		high, low, priced = high || d.high, low || d.low, priced || d.costs || d.high || d.low
	}
	if priced {
		c.units.add(high, low)
	}
	for _, d := range drafts {
		if len(d.tiers) > maxTiers {
			d.fail("it has more than %d tiers", maxTiers)
		}
		if d.bad != "" {
			c.drop([2]string{provider, model}, printable(d.bad))
			return
		}
	}
	for _, d := range drafts {
		p := d.price(provider, model, source)
		if reason := c.left(d, &p); reason != "" {
			c.skip(provider, model, reason)
			return
		}
		m.Prices = append(m.Prices, p)
		if d.rounded {
			c.note("prices with more than nine decimals were rounded up", provider, model)
		}
		for _, unit := range d.others {
			c.note("also charged "+printable(unit)+", which Tollgate does not meter", provider, model)
		}
	}
	c.add(m)
}

// left says why a well-formed price cannot be taken over, or "".
func (c *collector) left(d *draft, p *v1alpha1.ModelPrice) string {
	units := strings.Join(slices.Compact(slices.Sorted(slices.Values(d.others))), ", ")
	if len(d.base) == 0 && len(d.tiers) == 0 && d.perRequest == nil {
		if units != "" {
			return "it is charged " + units + ", which Tollgate does not meter"
		}
		return "the list gives no price"
	}
	if !d.costs {
		if units != "" {
			return "its tokens cost 0 and it is charged " + units + ", which Tollgate does not meter"
		}
		if !c.opts.Free {
			return "all its prices are 0, which may mean a subscription or unknown: take it with --free"
		}
	}
	if len(d.base) == 0 && d.perRequest != nil {
		return "it has a price per request and none for tokens: add it by hand with perRequestOnly if that is the whole price"
	}
	e := pricetable.Entry(p)
	if problems := price.NewTable([]price.Entry{e}).Problems(); len(problems) > 0 {
		if units != "" {
			return problems[0].Detail + " (it is charged " + units + " too, which Tollgate does not meter)"
		}
		return problems[0].Detail
	}
	return ""
}

// checkNames says what is wrong with a name, or "". Names reach tables,
// messages and the gateway's configuration.
func checkNames(provider, model string) string {
	if model == "" {
		return "it has no name"
	}
	if len(provider) > 63 {
		return "the provider's name is longer than 63 bytes"
	}
	if len(model) > 253 {
		return "the model's name is longer than 253 bytes"
	}
	for _, s := range []string{provider, model} {
		if strings.Contains(s, "${") {
			return "its name holds ${"
		}
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
			return "its name holds spaces or characters that cannot be printed"
		}
	}
	return ""
}

// printable makes text from outside safe to show, and short.
func printable(s string) string {
	const most = 200
	var b strings.Builder
	for _, r := range s {
		if b.Len() >= most {
			b.WriteString("...")
			break
		}
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteByte('?')
		}
	}
	return b.String()
}
