package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	yamlv2 "go.yaml.in/yaml/v2"
	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// MaxObject bounds one object, in bytes of JSON: the API server's limit for the
// body of a request.
const MaxObject = 3 << 20

// Document is one object of a manifest.
type Document struct {
	// File as it was named or found, Stdin for the standard input.
	File string
	// Line on which the object begins, from 1.
	Line int
	// Object as written: not pruned, not defaulted.
	Object *unstructured.Unstructured

	root  *yamlv3.Node // the object's mapping; nil when positions are not known
	lines int          // lines of the file before the node's first
}

// Parse returns the objects of one file. A List is replaced by its items;
// documents that are empty and kustomization files, which are no objects of a
// cluster, are passed over.
func Parse(file string, data []byte) ([]Document, []Problem) {
	if !utf8.Valid(data) {
		return nil, []Problem{{File: file, Err: errors.New("it is not UTF-8 text")}}
	}
	p := &parser{file: file}
	chunks, err := split(data)
	if err != nil {
		p.problem(err.line, err.err)
	}
	for _, c := range chunks {
		p.chunk(c)
	}
	return p.docs, p.problems
}

type parser struct {
	file     string
	docs     []Document
	problems []Problem
}

func (p *parser) problem(line int, err error) {
	p.problems = append(p.problems, Problem{File: p.file, Line: line, Err: err})
}

// chunk is the text between two document separators.
type chunk struct {
	text []byte
	line int // of its first line, from 1
}

type splitError struct {
	line int
	err  error
}

// split cuts at the lines that kubectl takes for separators: --- at the start
// of a line, with nothing but a comment behind it.
func split(data []byte) ([]chunk, *splitError) {
	var chunks []chunk
	start, first := 0, 1
	for at, line := 0, 1; at < len(data); line++ {
		end := len(data)
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		if rest, ok := bytes.CutPrefix(data[at:end], []byte("---")); ok {
			rest = bytes.TrimSpace(rest)
			if len(rest) > 0 && rest[0] != '#' {
				return append(chunks, chunk{data[start:at], first}), &splitError{line,
					errors.New("there is text behind the document separator ---, which kubectl refuses: put it on the next line")}
			}
			chunks = append(chunks, chunk{data[start:at], first})
			start, first = end, line+1
		}
		at = end
	}
	return append(chunks, chunk{data[start:], first}), nil
}

// chunk reads one YAML document, or any number of JSON values.
func (p *parser) chunk(c chunk) {
	if trimmed := bytes.TrimSpace(c.text); len(trimmed) > 0 && trimmed[0] == '{' {
		if values, ok := jsonValues(c); ok {
			for _, v := range values {
				p.json(v)
			}
			return
		}
	}
	if err := single(c.text); err != nil {
		p.yamlProblem(c, err)
		return
	}
	raw, err := yaml.YAMLToJSONStrict(c.text)
	if err != nil {
		p.yamlProblem(c, err)
		return
	}
	p.value(raw, c)
}

// jsonValues cuts a stream of JSON values; it is false when the text is not
// JSON, and may still be YAML.
func jsonValues(c chunk) ([]chunk, bool) {
	var values []chunk
	dec := json.NewDecoder(bytes.NewReader(c.text))
	for at := 0; ; {
		var raw json.RawMessage
		err := dec.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return values, true
		}
		if err != nil {
			return nil, false
		}
		end := int(dec.InputOffset())
		begin := end - len(raw)
		c.line += bytes.Count(c.text[at:begin], []byte("\n"))
		values = append(values, chunk{c.text[begin:end], c.line})
		c.line += bytes.Count(c.text[begin:end], []byte("\n"))
		at = end
	}
}

func (p *parser) json(c chunk) {
	var v any
	strict, err := kjson.UnmarshalStrict(c.text, &v)
	if err == nil {
		err = errors.Join(strict...)
	}
	if err != nil {
		p.problem(c.line, err)
		return
	}
	p.value(c.text, c)
}

// single refuses text with more than one document: the decoder reads the first
// only, and the others would go unseen.
func single(text []byte) error {
	dec := yamlv2.NewDecoder(bytes.NewReader(text))
	for n := 0; ; n++ {
		var v yamlv2.MapSlice
		var wrong *yamlv2.TypeError
		switch err := dec.Decode(&v); {
		case errors.Is(err, io.EOF):
			return nil
		case n > 0:
			return errors.New("more text follows the end of the document, which kubectl would not see: put --- on a line of its own before it")
		case errors.As(err, &wrong): // not a mapping: said later, better
		case err != nil:
			return err
		}
	}
}

var yamlLine = regexp.MustCompile(`(?m)^.*?\bline (\d+): (.*)$`)

// yamlProblem takes the lines out of the decoder's message, which counts them from
// the start of the document.
func (p *parser) yamlProblem(c chunk, err error) {
	template := ""
	if strings.Contains(string(c.text), "{{") {
		template = " (it looks like a template: render it first, as in helm template . | tollgate review -)"
	}
	said := yamlLine.FindAllStringSubmatch(err.Error(), -1)
	if len(said) == 0 {
		p.problem(c.line, errors.New(err.Error()+template))
	}
	for _, m := range said {
		line, text := c.line, m[2]
		if n, e := strconv.Atoi(m[1]); e == nil && n > 0 {
			line += n - 1
		}
		if strings.HasPrefix(text, `key "apiVersion" already set`) {
			text += ": if another object begins here, put --- on a line of its own before it"
		}
		p.problem(line, errors.New(text+template))
	}
}

// value takes one decoded document.
func (p *parser) value(raw []byte, c chunk) {
	var v any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &v); err != nil {
		p.problem(c.line, err)
		return
	}
	if v == nil {
		return
	}
	d := Document{File: p.file, Line: c.line, lines: c.line - 1}
	var node yamlv3.Node
	if err := yamlv3.Unmarshal(c.text, &node); err == nil && len(node.Content) == 1 {
		d.root = target(node.Content[0])
		d.Line = d.lines + node.Content[0].Line
	}
	p.object(v, d)
}

// object appends an object, or the items of a list.
func (p *parser) object(v any, d Document) {
	fields, ok := v.(map[string]any)
	if !ok {
		p.problem(d.Line, errors.New("this is not an object: a manifest is a mapping with apiVersion, kind and metadata"))
		return
	}
	apiVersion, _ := fields["apiVersion"].(string)
	kind, _ := fields["kind"].(string)
	if apiVersion == "" || kind == "" {
		p.problem(d.Line, errors.New("apiVersion and kind must be given: if this is no manifest of an object, keep it elsewhere, or name the manifests one by one"))
		return
	}
	if strings.HasPrefix(apiVersion, "kustomize.config.k8s.io/") {
		return
	}
	// kubectl takes whatever has items for a list, whatever it calls itself.
	if v := fields["items"]; v != nil {
		if items, isList := v.([]any); isList {
			p.items(items, d)
		} else {
			p.problem(d.Line, fmt.Errorf("%s has items, which kubectl takes for a list, and they are none", kind))
		}
		return
	}
	if _, isMap := fields["metadata"].(map[string]any); !isMap {
		p.problem(d.Line, fmt.Errorf("%s has no metadata, or it is not a mapping", kind))
		return
	}
	d.Object = &unstructured.Unstructured{Object: fields}
	if raw, err := json.Marshal(fields); err != nil {
		p.problem(d.Line, fmt.Errorf("%s cannot be written as JSON: %w", kind, err))
		return
	} else if len(raw) > MaxObject {
		p.problem(d.Line, fmt.Errorf("%s has %d bytes of JSON; the API server takes %d at most", kind, len(raw), MaxObject))
		return
	}
	p.docs = append(p.docs, d)
}

func (p *parser) items(items []any, d Document) {
	var nodes []*yamlv3.Node
	if list := child(d.root, "items"); list != nil && list.Kind == yamlv3.SequenceNode {
		nodes = list.Content
	}
	for i, item := range items {
		each := Document{File: d.File, Line: d.Line, lines: d.lines}
		if i < len(nodes) {
			each.root = target(nodes[i])
			each.Line = d.lines + nodes[i].Line
		}
		p.object(item, each)
	}
}
