package importer

import (
	"fmt"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/price"
)

// perThousand turns US dollars per thousand requests into those per request.
const perThousand = -3

// genAIPrices reads pydantic's genai-prices data.json: a list of providers,
// each with a list of models, each with prices in US dollars per million
// tokens, or a list of prices with constraints.
func (c *collector) genAIPrices(root any) error {
	if top, ok := root.(*object); ok {
		root = top.values["providers"]
	}
	providers, ok := root.([]any)
	if !ok {
		return fmt.Errorf("%w: genai-prices' is a list of providers", errShape)
	}
	for _, p := range providers {
		provider, _ := p.(*object)
		if provider == nil {
			return fmt.Errorf("%w: a provider is not an object", errShape)
		}
		models, _ := provider.values["models"].([]any)
		// What a model's own id says goes before what another model's match says.
		ids := map[string]bool{}
		for _, m := range models {
			if entry, ok := m.(*object); ok {
				ids[entry.text("id")] = true
			}
		}
		for _, m := range models {
			entry, _ := m.(*object)
			if entry == nil {
				c.drop([2]string{c.rename(provider.text("id")), "?"}, "a model is not an object")
				continue
			}
			c.genAIModel(provider.text("id"), entry, ids)
		}
	}
	return nil
}

func (c *collector) genAIModel(provider string, entry *object, ids map[string]bool) {
	id := entry.text("id")
	key := [2]string{c.rename(provider), printable(id)}
	if dup := duplicate(entry); dup != "" {
		c.drop(key, fmt.Sprintf("the key %q stands twice in its entry", printable(dup)))
		return
	}
	names, patterns := exactNames(entry.values["match"], 0)
	if patterns {
		c.note("other names that match a pattern are left out: add those that your provider reports", key[0], key[1])
	}
	drafts, skip := c.genAIPricesOf(entry.values["prices"], key)
	if skip != "" {
		c.skip(key[0], key[1], skip)
		return
	}
	c.settle(provider, id, drafts)
	for _, name := range names {
		if name != id && !ids[name] {
			c.settle(provider, name, drafts)
		}
	}
}

// exactNames are the names that a match clause lists literally, and whether it
// matches others too.
func exactNames(v any, depth int) (names []string, patterns bool) {
	clause, _ := v.(*object)
	if clause == nil || depth > 4 {
		return nil, v != nil
	}
	for _, key := range clause.keys {
		value := clause.values[key]
		if name, ok := value.(string); ok && key == "equals" {
			names = append(names, name)
			continue
		}
		list, ok := value.([]any)
		if !ok || key != "or" {
			patterns = true
			continue
		}
		for _, item := range list {
			n, p := exactNames(item, depth+1)
			names, patterns = append(names, n...), patterns || p
		}
	}
	return names, patterns
}

// genAIPricesOf reads a model's prices: one object, or a list of them with
// constraints of which the last that is met holds.
func (c *collector) genAIPricesOf(v any, key [2]string) (drafts []*draft, skip string) {
	list, ok := v.([]any)
	if !ok {
		d := &draft{}
		c.genAIRates(d, v, key)
		return []*draft{d}, ""
	}
	for i, item := range list {
		d := &draft{}
		drafts = append(drafts, d)
		entry, _ := item.(*object)
		if entry == nil {
			d.fail("one of its prices is not an object")
			return drafts, ""
		}
		if constraint, _ := entry.values["constraint"].(*object); constraint != nil {
			start := constraint.text("start_date")
			if start == "" {
				start = constraint.text("start")
			}
			if start == "" || len(constraint.keys) > 1 {
				return nil, "its price depends on the time of day, or on something else than a date"
			}
			from, err := date(start)
			if err != nil {
				d.fail("its price begins at %q, which is not a plausible date", start)
				return drafts, ""
			}
			d.from = from
		}
		if i > 0 && !d.from.After(drafts[i-1].from) {
			return nil, "its prices are not in the order of their dates"
		}
		c.genAIRates(d, entry.values["prices"], key)
	}
	if len(drafts) == 0 {
		return []*draft{{}}, ""
	}
	return drafts, ""
}

// date reads a day, which begins at midnight UTC, or an instant. No model was
// sold before 2000.
func date(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t, err = time.Parse(time.RFC3339, s)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("parsing a date: %w", err)
	}
	t = t.UTC().Truncate(time.Second)
	if t.Year() < 2000 || t.Year() > 2200 {
		return time.Time{}, fmt.Errorf("the year %d is implausible", t.Year())
	}
	return t, nil
}

// genAIKind is the kind of token that a key prices.
func genAIKind(key string) (price.Kind, bool) {
	switch key {
	case "input_mtok":
		return price.Input, true
	case "output_mtok":
		return price.Output, true
	case "cache_read_mtok":
		return price.CacheRead, true
	case "cache_write_mtok":
		return price.CacheWrite, true
	case "output_reasoning_mtok":
		return price.Reasoning, true
	case "input_audio_mtok":
		return price.AudioInput, true
	case "output_audio_mtok":
		return price.AudioOutput, true
	case "input_image_mtok":
		return price.ImageInput, true
	case "output_image_mtok":
		return price.ImageOutput, true
	}
	return 0, false
}

func (c *collector) genAIRates(d *draft, v any, model [2]string) {
	prices, ok := v.(*object)
	if !ok {
		d.fail("its prices are not an object")
		return
	}
	for _, key := range prices.keys {
		value := prices.values[key]
		kind, known := genAIKind(key)
		switch {
		case known:
			d.genAITiers(kind, key, value)
		case key == "cache_write_5m_mtok":
			if _, ok := prices.values["cache_write_mtok"]; !ok {
				d.genAITiers(price.CacheWrite, key, value)
			}
		case key == "requests_kcount":
			d.request(key, value, perThousand)
		case !costs(value):
		case key == "cache_write_1h_mtok":
			c.note("cache writes that are kept for an hour cost more than the price taken over", model[0], model[1])
		case key == "cache_audio_read_mtok" || key == "cache_audio_write_mtok":
			c.note("cached audio is charged as audio", model[0], model[1])
		case key == "cache_image_read_mtok" || key == "cache_image_write_mtok":
			c.note("cached images are charged as images", model[0], model[1])
		case key == "web_searches_kcount" || key == "social_searches_kcount" || key == "storage_searches_kcount" || key == "code_executions_kcount":
			c.note("searches and other tools cost extra, which Tollgate does not meter", model[0], model[1])
		default:
			d.other("by "+key, value)
		}
	}
	// A model without any price for output reports none: an embedding or a
	// rerank. Should it report output all the same, that is unpriced.
	_, in := d.base[price.Input]
	out := false
	for _, k := range []price.Kind{price.Output, price.Reasoning, price.AudioOutput, price.ImageOutput} {
		_, ok := d.base[k]
		out = out || ok
	}
	if in && !out {
		d.mode = v1alpha1.Embedding
	}
}

// genAITiers reads a price, which is a number or {"base", "tiers": [{"start",
// "price"}]}; a tier holds for all tokens of a request whose input is longer
// than start.
func (d *draft) genAITiers(kind price.Kind, key string, v any) {
	tiered, ok := v.(*object)
	if !ok {
		d.token(kind, 0, key, v, 0)
		return
	}
	d.token(kind, 0, key, tiered.values["base"], 0)
	tiers, _ := tiered.values["tiers"].([]any)
	for _, item := range tiers {
		tier, _ := item.(*object)
		if tier == nil {
			d.fail("a tier of %s is not an object", key)
			return
		}
		start, ok := count(tier.values["start"])
		if !ok || start < 1 {
			d.fail("a tier of %s does not begin at a number of tokens", key)
			return
		}
		d.token(kind, start, key, tier.values["price"], 0)
	}
}
