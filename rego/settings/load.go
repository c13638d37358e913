package settings

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// Load reads a settings file: one YAML (or JSON) document. What the file leaves
// out has its default. A field that does not exist, a key that stands twice, a
// second document and a value that cannot be are errors, each of which names
// the field; all errors of the values are reported at once.
func Load(file []byte) (*Settings, error) {
	doc, err := onlyDocument(file)
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	s := Default()
	if err := yaml.UnmarshalStrict(doc, s); err != nil {
		return nil, fmt.Errorf("reading the settings: %w; correct the file", err)
	}
	s.fill()
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("the settings cannot be used:\n%w", err)
	}
	return s, nil
}

// onlyDocument returns the one document of a file; nothing for an empty file.
func onlyDocument(file []byte) ([]byte, error) {
	r := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(file)))
	var only []byte
	for {
		doc, err := r.Read()
		if errors.Is(err, io.EOF) {
			return only, nil
		}
		if err != nil {
			return nil, fmt.Errorf("splitting the file into documents: %w", err)
		}
		empty, err := emptyDocument(doc)
		if err != nil {
			return nil, err
		}
		if empty {
			continue
		}
		if only != nil {
			return nil, errors.New("the file holds more than one document; keep one, so that nothing is silently left out")
		}
		only = doc
	}
}

func emptyDocument(doc []byte) (bool, error) {
	var v any
	if err := yaml.Unmarshal(doc, &v); err != nil {
		return false, err
	}
	return v == nil, nil
}
