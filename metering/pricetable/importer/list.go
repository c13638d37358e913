package importer

import (
	"fmt"
	"slices"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// Format is a public list's format, by the name that a PriceTable's source has.
type Format string

// The formats.
const (
	LiteLLM     Format = "litellm"
	ModelsDev   Format = "models.dev"
	GenAIPrices Format = "genai-prices"
)

// Formats are the names that --format takes.
func Formats() []Format { return []Format{LiteLLM, ModelsDev, GenAIPrices} }

// ParseFormat returns the format of a name.
func ParseFormat(name string) (Format, error) {
	for _, f := range Formats() {
		if string(f) == name {
			return f, nil
		}
	}
	return "", fmt.Errorf("format %q is unknown: use litellm, models.dev or genai-prices", name)
}

// List is what a price list says, as far as a PriceTable can hold it.
type List struct {
	Format Format
	// Digest of the file, sha256:<hex>.
	Digest string
	// Models that can be priced, by provider and model.
	Models []Model
	// Skipped are entries that are well formed but priced in a way, or by a
	// unit, that Tollgate does not meter.
	Skipped []Left
	// Bad are entries that are wrong.
	Bad []Left
	// Notes say what the list knows and a PriceTable leaves out.
	Notes []Note
}

// Model is a model's prices in the order of their beginning. The first one's
// effectiveFrom is zero when the list gives no date.
type Model struct {
	Provider, Model string
	Prices          []v1alpha1.ModelPrice
}

// Left is an entry that was left out, and why.
type Left struct{ Provider, Model, Reason string }

// Note is a remark about some models.
type Note struct {
	Text   string
	Models []string
}

// Options of Read.
type Options struct {
	// Free takes over models whose prices are all 0. Public lists use 0 for
	// subscriptions and for unknown prices too, so they are left out otherwise.
	Free bool
	// Rename gives providers the names that the gateway knows them by; an
	// empty new name stands for any provider.
	Rename map[string]string
	// Only, when not nil, chooses the models to take, by their names after
	// renaming. The whole list is still checked.
	Only func(provider, model string) bool
	// URL of the list, noted with each price. May be empty.
	URL string
}

// collector gathers the models of a list while it is read.
type collector struct {
	list  List
	opts  Options
	at    map[[2]string]int // index in list.Models
	bad   map[[2]string]bool
	notes map[string][]string
	units unitCount
}

func newCollector(format Format, digest string, opts Options) *collector {
	return &collector{
		list: List{Format: format, Digest: digest}, opts: opts,
		at: map[[2]string]int{}, bad: map[[2]string]bool{}, notes: map[string][]string{},
	}
}

// rename is the provider's name in the gateway.
func (c *collector) rename(provider string) string {
	if to, ok := c.opts.Rename[provider]; ok {
		return to
	}
	return provider
}

func (c *collector) wanted(provider, model string) bool {
	return c.opts.Only == nil || c.opts.Only(provider, model)
}

// add takes a finished model. The same model with the same prices twice is
// one model; with different prices nobody can say which is meant.
func (c *collector) add(m Model) {
	key := [2]string{m.Provider, m.Model}
	if c.bad[key] {
		return
	}
	if i, ok := c.at[key]; ok {
		if !slices.EqualFunc(c.list.Models[i].Prices, m.Prices, same) {
			c.drop(key, "it is listed more than once, with different prices")
		}
		return
	}
	c.at[key] = len(c.list.Models)
	c.list.Models = append(c.list.Models, m)
}

// drop makes a model bad, whether or not it was added before.
func (c *collector) drop(key [2]string, reason string) {
	if c.bad[key] {
		return
	}
	c.bad[key] = true
	c.list.Bad = append(c.list.Bad, Left{key[0], key[1], reason})
}

func (c *collector) skip(provider, model, reason string) {
	c.list.Skipped = append(c.list.Skipped, Left{provider, model, reason})
}

func (c *collector) note(text, provider, model string) {
	if c.wanted(provider, model) {
		c.notes[text] = append(c.notes[text], Name(provider, model))
	}
}

// Name is how a model is written for a person: "openai/gpt-4o".
func Name(provider, model string) string {
	if provider == "" {
		return "*/" + model
	}
	return provider + "/" + model
}

// finish sorts everything, leaves out what is not wanted, and judges the list
// as a whole.
func (c *collector) finish() (*List, error) {
	if err := c.units.check(c.list.Format); err != nil {
		return nil, err
	}
	l := &c.list
	good := l.Models[:0]
	for _, m := range l.Models {
		if !c.bad[[2]string{m.Provider, m.Model}] {
			good = append(good, m)
		}
	}
	l.Models = good
	if n := len(l.Bad); n >= 3 && n*4 > len(l.Models) {
		return nil, fmt.Errorf("%d entries are bad and only %d are good, so this is hardly a %s list; the first: %s: %s",
			n, len(l.Models), l.Format, Name(l.Bad[0].Provider, l.Bad[0].Model), l.Bad[0].Reason)
	}
	if len(l.Models) == 0 {
		why := "it names no models"
		if left := slices.Concat(l.Bad, l.Skipped); len(left) > 0 {
			why = fmt.Sprintf("the first of %d is left out because %s", len(left), left[0].Reason)
		}
		return nil, fmt.Errorf("nothing in the file can be imported as %s: %s", l.Format, why)
	}
	all := len(l.Models)
	l.Models = slices.DeleteFunc(l.Models, func(m Model) bool { return !c.wanted(m.Provider, m.Model) })
	if len(l.Models) == 0 {
		return nil, fmt.Errorf("none of the list's %d models is chosen: check the patterns and the new names of providers", all)
	}
	unwanted := func(e Left) bool { return !c.wanted(e.Provider, e.Model) }
	l.Skipped, l.Bad = slices.DeleteFunc(l.Skipped, unwanted), slices.DeleteFunc(l.Bad, unwanted)
	slices.SortFunc(l.Models, func(a, b Model) int { return order(a.Provider, a.Model, b.Provider, b.Model) })
	byName := func(a, b Left) int { return order(a.Provider, a.Model, b.Provider, b.Model) }
	slices.SortStableFunc(l.Skipped, byName)
	slices.SortStableFunc(l.Bad, byName)
	for text, models := range c.notes {
		slices.Sort(models)
		l.Notes = append(l.Notes, Note{text, slices.Compact(models)})
	}
	slices.SortFunc(l.Notes, func(a, b Note) int { return strings.Compare(a.Text, b.Text) })
	return l, nil
}

func order(p1, m1, p2, m2 string) int {
	if n := strings.Compare(p1, p2); n != 0 {
		return n
	}
	return strings.Compare(m1, m2)
}
