package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// MaxBytes bounds a list's size: 32 MiB, more than ten times the largest of
// today.
const MaxBytes = 32 << 20

// Read reads a list. The error says what is wrong with the list as a whole and
// what to do about it; single entries are told in the List.
func Read(from io.Reader, format Format, opts Options) (*List, error) {
	data, err := io.ReadAll(io.LimitReader(from, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the price list: %w", err)
	}
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("the price list is larger than %d MiB: is it the right file?", MaxBytes>>20)
	}
	root, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("reading the price list: %w", err)
	}
	if looks := sniff(root); looks != "" && looks != format {
		return nil, fmt.Errorf("the file looks like a %s list, not %s: use --format %s", looks, format, looks)
	}
	sum := sha256.Sum256(data)
	c := newCollector(format, "sha256:"+hex.EncodeToString(sum[:]), opts)
	switch format {
	case LiteLLM:
		err = c.litellm(root)
	case ModelsDev:
		err = c.modelsDev(root)
	case GenAIPrices:
		err = c.genAIPrices(root)
	default:
		_, err = ParseFormat(string(format))
	}
	if err != nil {
		return nil, err
	}
	return c.finish()
}

var errShape = errors.New("the file has not the shape of a list in this format")

// sniff tells which format a file has, or "" when that cannot be told.
func sniff(root any) Format {
	if list, ok := root.([]any); ok {
		for _, item := range list {
			if p, ok := item.(*object); ok {
				if _, ok := p.values["models"].([]any); ok {
					return GenAIPrices
				}
			}
		}
		return ""
	}
	top, ok := root.(*object)
	if !ok {
		return ""
	}
	if inner, ok := top.values["providers"].(*object); ok {
		top = inner
	}
	if _, ok := top.values["providers"].([]any); ok {
		return GenAIPrices
	}
	litellm, modelsDev := 0, 0
	for _, v := range top.values {
		entry, ok := v.(*object)
		if !ok {
			continue
		}
		if _, ok := entry.values["models"].(*object); ok {
			modelsDev++
		}
		if _, ok := entry.values["litellm_provider"]; ok {
			litellm++
		}
	}
	switch {
	case litellm > modelsDev:
		return LiteLLM
	case modelsDev > litellm:
		return ModelsDev
	}
	return ""
}
