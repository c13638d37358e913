package importer

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/price"
)

// perToken turns US dollars per token into US dollars per million.
const perToken = 6

// liteKind is the kind of token that a LiteLLM key prices. The list is a flat
// object of models; its keys are documented by its own sample_spec.
func liteKind(key string) (price.Kind, bool) {
	switch key {
	case "input_cost_per_token":
		return price.Input, true
	case "output_cost_per_token":
		return price.Output, true
	case "cache_read_input_token_cost":
		return price.CacheRead, true
	case "cache_creation_input_token_cost":
		return price.CacheWrite, true
	case "output_cost_per_reasoning_token":
		return price.Reasoning, true
	case "input_cost_per_audio_token":
		return price.AudioInput, true
	case "output_cost_per_audio_token":
		return price.AudioOutput, true
	case "input_cost_per_image_token":
		return price.ImageInput, true
	case "output_cost_per_image_token":
		return price.ImageOutput, true
	}
	return 0, false
}

// liteMode is the mode of a LiteLLM mode; false for those without tokens.
func liteMode(mode string) (v1alpha1.Mode, bool) {
	switch mode {
	case "", "chat", "responses", "realtime":
		return v1alpha1.Chat, true
	case "completion":
		return v1alpha1.Completion, true
	case "embedding":
		return v1alpha1.Embedding, true
	case "rerank":
		return v1alpha1.Rerank, true
	case "image_generation", "image_edit":
		return v1alpha1.Image, true
	case "audio_transcription", "audio_speech":
		return v1alpha1.Audio, true
	}
	return "", false
}

// liteReader holds what reading a LiteLLM list needs.
type liteReader struct {
	*collector
	tier *regexp.Regexp
}

func (c *collector) litellm(root any) error {
	top, ok := root.(*object)
	if !ok {
		return fmt.Errorf("%w: LiteLLM's is an object of models", errShape)
	}
	r := liteReader{collector: c, tier: regexp.MustCompile(`^(.+)_above_([0-9]{1,9})k_tokens$`)}
	for _, name := range top.keys {
		if name == "sample_spec" {
			continue
		}
		entry, ok := top.values[name].(*object)
		if !ok {
			c.drop([2]string{"", printable(name)}, "it is not an object of prices")
			continue
		}
		provider := entry.text("litellm_provider")
		model := liteModel(name, provider)
		switch dup := duplicate(entry); {
		case top.duplicate[name]:
			c.drop([2]string{c.rename(provider), printable(model)}, "the file lists it twice under one key")
		case dup != "":
			c.drop([2]string{c.rename(provider), printable(model)}, fmt.Sprintf("the key %q stands twice in its entry", printable(dup)))
		default:
			r.model(provider, model, entry)
		}
	}
	return nil
}

// liteModel takes the provider's prefix off a LiteLLM name: "azure/gpt-4o" is
// what Azure calls gpt-4o. Families such as vertex_ai-language-models share
// the prefix vertex_ai.
func liteModel(name, provider string) string {
	prefix, rest, ok := strings.Cut(name, "/")
	if ok && prefix != "" && rest != "" &&
		(provider == prefix || strings.HasPrefix(provider, prefix+"-") || strings.HasPrefix(provider, prefix+"_")) {
		return rest
	}
	return name
}

func (r liteReader) model(provider, model string, entry *object) {
	mode, ok := liteMode(entry.text("mode"))
	if !ok {
		r.skip(r.rename(provider), printable(model), fmt.Sprintf("its mode %q is not charged by tokens", printable(entry.text("mode"))))
		return
	}
	if provider == "" {
		r.drop([2]string{"", printable(model)}, "it has no litellm_provider")
		return
	}
	d := &draft{mode: mode}
	notes := map[string]bool{}
	for _, key := range entry.keys {
		r.field(d, notes, key, entry.values[key])
	}
	if v, ok := entry.values["tiered_pricing"]; ok && v != nil {
		r.tiers(d, v)
	}
	for text := range notes {
		r.note(text, r.rename(provider), model)
	}
	r.settle(provider, model, []*draft{d})
}

// field reads one key of a model.
func (r liteReader) field(d *draft, notes map[string]bool, key string, v any) {
	if kind, ok := liteKind(key); ok {
		d.token(kind, 0, key, v, perToken)
		return
	}
	if m := r.tier.FindStringSubmatch(key); m != nil {
		thousands, err := strconv.ParseInt(m[2], 10, 64)
		if kind, ok := liteKind(m[1]); ok && err == nil && thousands > 0 {
			d.token(kind, thousands*1000, key, v, perToken)
			return
		}
	}
	if key == "input_cost_per_request" {
		d.request(key, v, 0)
		return
	}
	if !strings.Contains(key, "cost") || !costs(v) {
		return
	}
	unit := func(s string) bool { return strings.Contains(key, s) }
	switch {
	case unit("_priority") || unit("_flex") || unit("_batch"):
		notes["other prices for priority, flex or batch service are left out"] = true
	case unit("_above_1hr"):
		notes["cache writes that are kept for an hour cost more than the price taken over"] = true
	case unit("cache_") && unit("audio"):
		notes["cached audio is charged as audio"] = true
	case unit("_cache_hit"):
		// An older name for cache_read_input_token_cost.
		if _, ok := d.base[price.CacheRead]; !ok {
			d.token(price.CacheRead, 0, key, v, perToken)
		}
	case unit("search") || unit("session") || unit("vector_store") || unit("computer_use"):
		notes["searches and other tools cost extra, which Tollgate does not meter"] = true
	default:
		d.other(liteUnit(key), v)
	}
}

// liteUnit is the unit in a key such as output_cost_per_image_premium.
func liteUnit(key string) string {
	_, unit, ok := strings.Cut(key, "_per_")
	if !ok {
		return "by " + key
	}
	return "per " + strings.ReplaceAll(unit, "_", " ")
}

// tiers reads tiered_pricing: objects with a range of context lengths
// [from, to] and keys as above.
func (r liteReader) tiers(d *draft, v any) {
	list, ok := v.([]any)
	if !ok {
		d.fail("tiered_pricing is not a list")
		return
	}
	for _, item := range list {
		tier, ok := item.(*object)
		if !ok {
			d.fail("tiered_pricing holds something that is not a tier")
			return
		}
		bounds, _ := tier.values["range"].([]any)
		if len(bounds) == 0 {
			d.fail("a tier of tiered_pricing has no range")
			return
		}
		above, ok := count(bounds[0])
		if !ok {
			d.fail("a tier of tiered_pricing begins at something that is not a number of tokens")
			return
		}
		for _, key := range tier.keys {
			if kind, ok := liteKind(key); ok {
				d.token(kind, above, key, tier.values[key], perToken)
			}
		}
	}
}

// count reads a whole number of tokens, which may be written as 128000.0.
func count(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	// A number of tokens as nano-tokens: whole when nothing is left below one.
	const billion = 1_000_000_000
	amount, rounded, err := nano(n.String(), 0)
	if err != nil || rounded || amount%billion != 0 {
		return 0, false
	}
	return int64(amount / billion), true
}
