package merge

import (
	"fmt"
	"io"
	"math/big"
	"strings"
	"text/tabwriter"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/pricetable"
	"tollgate.dev/tollgate/metering/pricetable/importer"
)

// few is how many names a short list shows.
const few = 5

// Print writes the difference for a person. Skipped entries and notes are
// shortened to a few names each unless all is set. Prices are US dollars per
// million tokens.
func (d *Diff) Print(w io.Writer, all bool) error {
	p := printer{w: w, all: all}
	for _, section := range []struct {
		kind  Kind
		title string
	}{
		{Added, "Added"},
		{Changed, "Changed"},
		{Removed, "Removed, with their history"},
		{OverrideKept, "Kept: set by hand (override), though the list says otherwise"},
		{GoneKept, "Kept: no longer in the list (--prune removes them)"},
	} {
		p.changes(d, section.kind, section.title)
	}
	p.left("Bad entries, left out", d.Bad, true)
	p.left("Skipped", d.Skipped, all)
	p.notes(d.Notes)
	p.summary(d)
	return p.err
}

type printer struct {
	w   io.Writer
	all bool
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) changes(d *Diff, kind Kind, title string) {
	if d.Count(kind) == 0 {
		return
	}
	p.printf("%s\n", title)
	t := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', 0)
	for i := range d.Changes {
		c := &d.Changes[i]
		if c.Kind != kind {
			continue
		}
		text := describe(c)
		if c.Detail != "" {
			text += " (" + c.Detail + ")"
		}
		if _, err := fmt.Fprintf(t, "  %s\t%s\t%s\n", importer.Name(c.Provider, c.Model), since(c.From), text); err != nil && p.err == nil {
			p.err = err
		}
	}
	if err := t.Flush(); err != nil && p.err == nil {
		p.err = err
	}
	p.printf("\n")
}

func (p *printer) left(title string, entries []importer.Left, all bool) {
	if len(entries) == 0 {
		return
	}
	p.printf("%s\n", title)
	var reasons []string
	names := map[string][]string{}
	for _, e := range entries {
		if names[e.Reason] == nil {
			reasons = append(reasons, e.Reason)
		}
		names[e.Reason] = append(names[e.Reason], importer.Name(e.Provider, e.Model))
	}
	for _, r := range reasons {
		p.printf("  %s: %s\n", r, someOf(names[r], all))
	}
	p.printf("\n")
}

func (p *printer) notes(notes []importer.Note) {
	if len(notes) == 0 {
		return
	}
	p.printf("Notes\n")
	for _, n := range notes {
		p.printf("  %s: %s\n", n.Text, someOf(n.Models, p.all))
	}
	p.printf("\n")
}

func (p *printer) summary(d *Diff) {
	parts := []string{
		fmt.Sprintf("%d added", d.Count(Added)), fmt.Sprintf("%d changed", d.Count(Changed)),
		fmt.Sprintf("%d removed", d.Count(Removed)), fmt.Sprintf("%d unchanged", d.Unchanged),
	}
	for _, more := range []struct {
		n    int
		what string
	}{
		{d.Count(OverrideKept), "kept by override"}, {d.Count(GoneKept), "kept though gone from the list"},
		{len(d.Bad), "bad"}, {len(d.Skipped), "skipped"},
	} {
		if more.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", more.n, more.what))
		}
	}
	p.printf("%s.\n", strings.Join(parts, ", "))
}

func someOf(names []string, all bool) string {
	if all || len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

func since(t time.Time) string {
	if t.Unix() <= 0 {
		return "always"
	}
	return "from " + t.UTC().Format(time.RFC3339)
}

// describe is the prices of one change: "input 3 -> 2.5 (-16.7%)".
func describe(c *Change) string {
	switch {
	case c.New == nil:
		return join(facts(c.Old))
	case c.Old == nil:
		return join(facts(c.New))
	}
	was, is := facts(c.Old), facts(c.New)
	if len(was) == 1 && was[0].label == unreadable {
		return "unreadable -> " + join(is)
	}
	before := map[string]fact{}
	for _, f := range was {
		before[f.label] = f
	}
	var parts []string
	seen := map[string]bool{}
	for _, f := range is {
		seen[f.label] = true
		old, ok := before[f.label]
		switch {
		case !ok:
			parts = append(parts, fmt.Sprintf("%s %s -> %s", f.label, absent(f.label), f.text))
		case old.text != f.text:
			parts = append(parts, fmt.Sprintf("%s %s -> %s%s", f.label, old.text, f.text, percent(old, f)))
		}
	}
	for _, f := range was {
		if !seen[f.label] {
			parts = append(parts, fmt.Sprintf("%s %s -> %s", f.label, f.text, absent(f.label)))
		}
	}
	if len(parts) == 0 {
		return "the same prices"
	}
	return strings.Join(parts, ", ")
}

// absent says what holds for a price that is left out.
func absent(label string) string {
	switch {
	case strings.HasPrefix(label, ">"):
		return "as below"
	case label == price.CacheRead.String(), label == price.CacheWrite.String():
		return "as input"
	case label == price.Reasoning.String():
		return "as output"
	case label == price.Input.String(), label == price.Output.String():
		return "left out"
	case label == "mode":
		return string(v1alpha1.Chat)
	case label == perRequest:
		return "0"
	}
	return "unpriced"
}

// unreadable labels an entry that prices nothing.
const unreadable = "unreadable:"

// perRequest labels the price of a request beside its tokens.
const perRequest = "perRequest"

// fact is one price, or the mode, of an entry.
type fact struct {
	label, text string
	amount      money.Amount
	counts      bool // amount holds
}

func join(facts []fact) string {
	parts := make([]string, 0, len(facts))
	for _, f := range facts {
		parts = append(parts, f.label+" "+f.text)
	}
	return strings.Join(parts, ", ")
}

// facts lists an entry's prices in the order of its fields. The usual mode,
// Chat, is not named.
func facts(m *v1alpha1.ModelPrice) []fact {
	e := pricetable.Entry(m)
	if e.Bad != "" {
		return []fact{{label: unreadable, text: e.Bad}}
	}
	var out []fact
	if m.Mode != "" && m.Mode != v1alpha1.Chat {
		out = append(out, fact{label: "mode", text: string(m.Mode)})
	}
	add := func(label string, r price.Rates) {
		for _, k := range price.Kinds() {
			if v, ok := r[k]; ok {
				out = append(out, fact{label + k.String(), string(importer.FormatPrice(v)), v, true})
			}
		}
	}
	add("", e.Rates)
	if e.PerRequest != nil {
		out = append(out, fact{perRequest, string(importer.FormatPrice(*e.PerRequest)), *e.PerRequest, true})
	}
	for _, t := range e.Tiers {
		add(fmt.Sprintf(">%d ", t.Above), t.Rates)
	}
	return out
}

// percent is the change between two prices with one decimal, or nothing when
// there is no such number.
func percent(old, now fact) string {
	if !old.counts || !now.counts || old.amount == 0 {
		return ""
	}
	change := big.NewRat(int64(now.amount-old.amount), int64(old.amount))
	change.Mul(change, big.NewRat(100, 1))
	sign := ""
	if change.Sign() > 0 {
		sign = "+"
	}
	return fmt.Sprintf(" (%s%s%%)", sign, change.FloatString(1))
}
