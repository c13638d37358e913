package session

import (
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/rego/settings"
)

// settingsKey is the settings file in the webhook's ConfigMap.
const settingsKey = "settings.yaml"

// LoadSettings reads a settings file, or the ConfigMap that holds it for the
// webhook; the defaults without a path.
func LoadSettings(path string) (*settings.Settings, error) {
	if path == "" {
		return settings.Default(), nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	var m corev1.ConfigMap
	if err := yaml.Unmarshal(data, &m); err == nil && m.Kind == "ConfigMap" {
		text, ok := m.Data[settingsKey]
		if !ok {
			return nil, fmt.Errorf("%s: the ConfigMap has no key %s", path, settingsKey)
		}
		data = []byte(text)
	}
	s, err := settings.Load(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}
