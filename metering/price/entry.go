package price

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tollgate.dev/tollgate/metering/money"
)

// MaxPrice bounds a price: $10,000,000 per million tokens, or per request.
const MaxPrice = 10_000_000 * money.Dollar

// Entry is what one model costs from one moment on.
type Entry struct {
	// Provider that serves the model; empty for any.
	Provider string
	Model    string
	// From is the moment from which the entry holds; zero for always.
	From time.Time
	// Mode of the model; empty means Chat.
	Mode Mode
	// Rates of requests below the first tier.
	Rates Rates
	// PerRequest is nano-USD for each request, nil for none.
	PerRequest *money.Amount
	// PerRequestOnly declares that PerRequest is the whole price.
	PerRequestOnly bool
	// Tiers replace the rates of a whole request with a long context.
	Tiers []Tier
	// Bounded entries are unpriced when a price is outside LowestToken,
	// HighestToken and HighestRequest: in the wrong unit, as far as anybody can
	// tell. Entries whose prices a person has confirmed are not bounded.
	Bounded bool
	// Bad, when not empty, says why the entry cannot be used. While such an
	// entry is in force its model is unpriced, with this text.
	Bad string
}

// Tier is the rates of requests whose context is longer than Above tokens.
// What it leaves out is the rate of the tier below.
type Tier struct {
	Above int64
	Rates Rates
}

// none marks a kind without a price.
const none = -1

// step is the complete rates of one range of context lengths.
type step struct {
	above int64
	rate  [kinds]int64 // nano-USD per million, or none
}

// compiled is an entry ready for use. It never changes.
type compiled struct {
	provider, model string
	from            time.Time
	mode            Mode
	perRequest      int64
	steps           []step // ascending; the first is for every length
	reason          Reason // not empty: unpriced
	detail          string
}

func (e *Entry) compile() *compiled {
	c := &compiled{provider: e.Provider, model: e.Model, from: e.From.UTC(), mode: cmp.Or(e.Mode, Chat)}
	if detail := e.check(c.mode); detail != "" {
		c.reason, c.detail = BadPrice, detail
		return c
	}
	if odd := e.implausible(); odd != "" {
		c.reason = Implausible
		c.detail = odd + ": write US dollars per million tokens, or set override: true if it is meant"
		return c
	}
	if e.PerRequest != nil {
		c.perRequest = int64(*e.PerRequest)
	}
	if e.PerRequestOnly {
		c.steps = []step{{}}
		return c
	}
	tiers := slices.Clone(e.Tiers)
	slices.SortFunc(tiers, func(a, b Tier) int { return cmp.Compare(a.Above, b.Above) })
	raw := step{}
	for k := range kinds {
		raw.rate[k] = none
	}
	raw.set(0, e.Rates)
	c.steps = append(c.steps, raw.complete(c.mode))
	for _, t := range tiers {
		raw.set(t.Above, t.Rates)
		c.steps = append(c.steps, raw.complete(c.mode))
	}
	for _, k := range c.mode.needed() {
		if c.steps[0].rate[k] == none {
			c.reason = MissingPrice
			c.detail = fmt.Sprintf("its %s price is missing: add it, with \"0\" if it is free", k)
			return c
		}
	}
	return c
}

// set lays rates over the step; what they leave out stays.
func (s *step) set(above int64, r Rates) {
	s.above = above
	for k, v := range r {
		s.rate[k] = int64(v)
	}
}

// complete is the step with fallbacks filled in.
func (s step) complete(m Mode) step {
	for _, f := range m.fallbacks() {
		if s.rate[f[0]] == none {
			s.rate[f[0]] = s.rate[f[1]]
		}
	}
	return s
}

// check returns what is wrong with an entry, for a person, or "".
func (e *Entry) check(mode Mode) string {
	if e.Bad != "" {
		return e.Bad
	}
	if e.Model == "" {
		return "the entry names no model"
	}
	if !mode.valid() {
		return fmt.Sprintf("mode %q is unknown: use Chat, Completion, Embedding, Rerank, Image or Audio", mode)
	}
	if e.PerRequest != nil {
		if d := checkPrice("perRequest", *e.PerRequest); d != "" {
			return d
		}
	}
	if e.PerRequestOnly {
		if e.PerRequest == nil {
			return "perRequestOnly is set without perRequest: add the price of a request"
		}
		if len(e.Rates) > 0 || len(e.Tiers) > 0 {
			return "perRequestOnly is set beside prices of tokens: remove one or the other"
		}
	}
	if d := checkRates("", e.Rates); d != "" {
		return d
	}
	seen := make(map[int64]bool, len(e.Tiers))
	for _, t := range e.Tiers {
		if t.Above < 1 {
			return fmt.Sprintf("a tier begins above %d tokens: it must be 1 or more", t.Above)
		}
		if seen[t.Above] {
			return fmt.Sprintf("two tiers begin above %d tokens: remove one", t.Above)
		}
		seen[t.Above] = true
		if d := checkRates(fmt.Sprintf(" above %d tokens", t.Above), t.Rates); d != "" {
			return d
		}
	}
	return ""
}

func checkRates(where string, r Rates) string {
	for _, k := range Kinds() {
		if v, ok := r[k]; ok {
			if d := checkPrice(k.String()+where, v); d != "" {
				return d
			}
		}
	}
	for k := range r {
		if k >= kinds {
			return fmt.Sprintf("there is no kind of token with the number %d", k)
		}
	}
	return ""
}

func checkPrice(what string, v money.Amount) string {
	if v < 0 || v > MaxPrice {
		return fmt.Sprintf("its %s price %s is outside 0 to %s", what, v, MaxPrice)
	}
	return ""
}
