package inventory

import (
	"encoding/json"
	"fmt"

	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/rego/value"
)

// settingsDocument is data.tollgate.settings: the settings under the names of
// their JSON fields. It panics on settings that are no JSON, which no file can
// give.
func settingsDocument(s *settings.Settings) document {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("settings cannot be written as JSON: %v", err))
	}
	v, err := value.Parse(raw)
	if err != nil {
		panic(fmt.Sprintf("settings cannot be read by policies: %v", err))
	}
	return fixed{v}
}
