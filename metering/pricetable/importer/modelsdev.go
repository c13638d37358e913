package importer

import (
	"fmt"
	"slices"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/price"
)

// legacyTier is where models.dev's context_over_200k begins.
const legacyTier = 200_000

// modelsDev reads models.dev's api.json: providers by id, each with models by
// id, each with a cost in US dollars per million tokens.
func (c *collector) modelsDev(root any) error {
	top, ok := root.(*object)
	if !ok {
		return fmt.Errorf("%w: models.dev's is an object of providers", errShape)
	}
	if inner, ok := top.values["providers"].(*object); ok {
		top = inner
	}
	for _, id := range top.keys {
		provider, _ := top.values[id].(*object)
		if provider == nil {
			continue
		}
		models, ok := provider.values["models"].(*object)
		if !ok {
			continue
		}
		if top.duplicate[id] || provider.duplicate["models"] {
			return fmt.Errorf("the file lists the provider %q twice", printable(id))
		}
		for _, name := range models.keys {
			entry, ok := models.values[name].(*object)
			switch dup := duplicate(entry); {
			case !ok || entry == nil:
				c.drop([2]string{c.rename(id), printable(name)}, "it is not an object")
			case models.duplicate[name]:
				c.drop([2]string{c.rename(id), printable(name)}, "the file lists it twice")
			case dup != "":
				c.drop([2]string{c.rename(id), printable(name)}, fmt.Sprintf("the key %q stands twice in its entry", printable(dup)))
			default:
				c.modelsDevModel(id, name, entry)
			}
		}
	}
	return nil
}

func (c *collector) modelsDevModel(provider, model string, entry *object) {
	d := &draft{mode: modelsDevMode(entry)}
	if d.mode == "" {
		c.skip(c.rename(provider), printable(model), "it makes something other than text, images or audio")
		return
	}
	cost, ok := entry.values["cost"].(*object)
	if !ok {
		if entry.values["cost"] != nil {
			d.fail("its cost is not an object")
		}
		c.settle(provider, model, []*draft{d})
		return
	}
	d.modelsDevCost(cost, 0)
	if tiers, ok := cost.values["tiers"]; ok && tiers != nil {
		d.modelsDevTiers(tiers)
	} else if long, ok := cost.values["context_over_200k"].(*object); ok {
		d.modelsDevCost(long, legacyTier)
	}
	c.settle(provider, model, []*draft{d})
}

// modelsDevMode goes by what the model makes: there is no field for its mode.
func modelsDevMode(entry *object) v1alpha1.Mode {
	modalities, _ := entry.values["modalities"].(*object)
	if modalities == nil {
		return v1alpha1.Chat
	}
	out, _ := modalities.values["output"].([]any)
	switch {
	case len(out) == 0 || slices.Contains(out, any("text")):
		return v1alpha1.Chat
	case slices.Contains(out, any("image")):
		return v1alpha1.Image
	case slices.Contains(out, any("audio")):
		return v1alpha1.Audio
	}
	return ""
}

// modelsDevCost reads a cost object, for contexts above so many tokens.
func (d *draft) modelsDevCost(cost *object, above int64) {
	for _, key := range cost.keys {
		v := cost.values[key]
		switch key {
		case "input":
			d.token(price.Input, above, key, v, 0)
		case "output":
			d.token(price.Output, above, key, v, 0)
		case "cache_read":
			d.token(price.CacheRead, above, key, v, 0)
		case "cache_write":
			d.token(price.CacheWrite, above, key, v, 0)
		case "reasoning":
			d.token(price.Reasoning, above, key, v, 0)
		case "input_audio":
			d.token(price.AudioInput, above, key, v, 0)
		case "output_audio":
			d.token(price.AudioOutput, above, key, v, 0)
		case "tiers", "context_over_200k", "tier":
		case "per_minute":
			d.other("per minute", v)
		default:
			d.other("by "+key, v)
		}
	}
}

// modelsDevTiers reads the list that has replaced context_over_200k: costs
// with {"tier": {"type": "context", "size": tokens}}.
func (d *draft) modelsDevTiers(v any) {
	list, ok := v.([]any)
	if !ok {
		d.fail("tiers is not a list")
		return
	}
	for _, item := range list {
		cost, _ := item.(*object)
		if cost == nil {
			d.fail("tiers holds something that is not a tier")
			return
		}
		tier, _ := cost.values["tier"].(*object)
		if tier == nil || tier.text("type") != "context" {
			d.fail("a tier is not by the context's length")
			return
		}
		size, ok := count(tier.values["size"])
		if !ok || size < 1 {
			d.fail("a tier has no size")
			return
		}
		d.modelsDevCost(cost, size)
	}
}
