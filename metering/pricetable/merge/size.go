package merge

import (
	"encoding/json"
	"fmt"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// MaxBytes is how large a PriceTable may become. etcd refuses requests above
// 1.5 MiB; the rest is left for the object's metadata and status, and for a
// second writer's record of fields.
const MaxBytes = 1_300_000

// CheckSize refuses a table that the cluster could not store. It counts the
// entries themselves and the record of fields that server-side apply keeps for
// them (metadata.managedFields), which is about as large again.
func CheckSize(t *v1alpha1.PriceTable) error {
	n, err := Size(t)
	if err != nil {
		return err
	}
	if n <= MaxBytes {
		return nil
	}
	return fmt.Errorf("the PriceTable would have %d prices and take %d KB, and a cluster stores at most %d KB in one object: import only what is used, with --providers and --models",
		len(t.Spec.Models), n/1000, MaxBytes/1000)
}

// Size is the bytes that a table's entries take in the cluster.
func Size(t *v1alpha1.PriceTable) (int, error) {
	total := 0
	for i := range t.Spec.Models {
		e := &t.Spec.Models[i]
		entry, err := json.Marshal(e)
		if err != nil {
			return 0, fmt.Errorf("measuring the price of %q: %w", e.Model, err)
		}
		fields, err := owned(entry, e)
		if err != nil {
			return 0, fmt.Errorf("measuring the price of %q: %w", e.Model, err)
		}
		total += len(entry) + fields + len(",,")
	}
	return total, nil
}

// owned is the size of an entry's part of metadata.managedFields: its key, and
// the names of its fields, as the API server's FieldsV1 writes them.
func owned(entry []byte, e *v1alpha1.ModelPrice) (int, error) {
	var fields map[string]any
	if err := json.Unmarshal(entry, &fields); err != nil {
		return 0, err
	}
	key, err := json.Marshal(map[string]any{
		"provider": e.Provider, "model": e.Model, "effectiveFrom": begin(e.EffectiveFrom).Format(time.RFC3339),
	})
	if err != nil {
		return 0, err
	}
	set, err := json.Marshal(map[string]any{"k:" + string(key): fieldSet(fields)})
	return len(set), err
}

func fieldSet(v any) map[string]any {
	out := map[string]any{}
	switch v := v.(type) {
	case map[string]any:
		out["."] = map[string]any{}
		for k, inner := range v {
			out["f:"+k] = fieldSet(inner)
		}
	case []any:
		for _, item := range v {
			tier, _ := item.(map[string]any)
			out[fmt.Sprintf(`k:{"aboveTokens":%v}`, tier["aboveTokens"])] = fieldSet(item)
		}
	}
	return out
}
