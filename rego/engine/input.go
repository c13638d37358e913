package engine

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/rego/match"
	"tollgate.dev/tollgate/rego/subject"
	"tollgate.dev/tollgate/rego/value"
)

// converted is a review in the forms that evaluation needs. It is read only.
type converted struct {
	object, oldObject ast.Value // nil when there is none
	review            [][2]*ast.Term
	texts             *ast.Term
	objects           []match.Object
}

// BadRequest says that a review cannot be read: what it holds is no JSON
// object, or one that two readers could take differently.
type BadRequest struct{ Err error }

// Error implements error.
func (e *BadRequest) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *BadRequest) Unwrap() error { return e.Err }

// NewInput converts a review. The error is a *BadRequest: the review's objects
// are malformed JSON, have duplicate keys or nest too deeply.
func NewInput(req *admissionv1.AdmissionRequest, who subject.Subject) (Input, error) {
	in := Input{Request: req, Subject: who}
	c, err := convert(req)
	if err != nil {
		return in, &BadRequest{Err: err}
	}
	in.converted = c
	return in, nil
}

func convert(req *admissionv1.AdmissionRequest) (*converted, error) {
	if req == nil {
		return nil, fmt.Errorf("there is no request")
	}
	c := &converted{}
	parser := &value.Parser{Repeats: len(req.Object.Raw) > 0 && len(req.OldObject.Raw) > 0}
	var err error
	if c.object, err = parseObject(parser, "object", req.Object.Raw); err != nil {
		return nil, err
	}
	if c.oldObject, err = parseObject(parser, "oldObject", req.OldObject.Raw); err != nil {
		return nil, err
	}
	c.texts = foundTerm(parser.Texts)
	if req.Operation == admissionv1.Delete {
		if c.oldObject == nil {
			return nil, fmt.Errorf("oldObject is missing in a DELETE")
		}
		c.object = c.oldObject
	}
	if c.object == nil && c.oldObject == nil {
		return nil, fmt.Errorf("there is neither object nor oldObject")
	}
	for _, v := range []ast.Value{c.object, c.oldObject} {
		if v != nil {
			c.objects = append(c.objects, matchObject(v))
		}
		if req.Operation == admissionv1.Delete {
			break
		}
	}
	options, err := parseObject(parser, "options", req.Options.Raw)
	if err != nil {
		return nil, err
	}
	c.review = reviewPairs(req, c, options)
	return c, nil
}

func parseObject(parser *value.Parser, name string, raw []byte) (ast.Value, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	v, err := parser.Parse(string(raw))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if _, ok := v.(ast.Object); !ok {
		return nil, fmt.Errorf("reading %s: it is not a JSON object", name)
	}
	return v, nil
}

// reviewPairs are the members of input.review but for what depends on the
// inventory, named as in the API's JSON.
func reviewPairs(req *admissionv1.AdmissionRequest, c *converted, options ast.Value) [][2]*ast.Term {
	pairs := make([][2]*ast.Term, 0, 20)
	add := func(key string, v *ast.Term) { pairs = append(pairs, [2]*ast.Term{ast.InternedTerm(key), v}) }
	text := func(key, s string) {
		if s != "" {
			add(key, ast.InternedTerm(s))
		}
	}
	add("uid", ast.StringTerm(string(req.UID)))
	kind := kindTerm(req.Kind.Group, req.Kind.Version, "kind", req.Kind.Kind)
	resource := kindTerm(req.Resource.Group, req.Resource.Version, "resource", req.Resource.Resource)
	add("kind", kind)
	add("resource", resource)
	text("subResource", req.SubResource)
	// What was asked for is the same unless the API server has converted it.
	if k := req.RequestKind; k != nil && *k == req.Kind {
		add("requestKind", kind)
	} else if k != nil {
		add("requestKind", kindTerm(k.Group, k.Version, "kind", k.Kind))
	}
	if r := req.RequestResource; r != nil && *r == req.Resource {
		add("requestResource", resource)
	} else if r != nil {
		add("requestResource", kindTerm(r.Group, r.Version, "resource", r.Resource))
	}
	text("requestSubResource", req.RequestSubResource)
	text("name", req.Name)
	text("namespace", req.Namespace)
	text("operation", string(req.Operation))
	add("userInfo", userTerm(req))
	add("object", orNull(c.object))
	add("oldObject", orNull(c.oldObject))
	if req.DryRun != nil {
		add("dryRun", ast.InternedTerm(*req.DryRun))
	}
	add("options", orNull(options))
	return pairs
}

func orNull(v ast.Value) *ast.Term {
	if v == nil {
		return ast.InternedNullTerm
	}
	return ast.NewTerm(v)
}

func kindTerm(group, version, key, name string) *ast.Term {
	return ast.ObjectTerm(
		ast.Item(ast.InternedTerm("group"), ast.InternedTerm(group)),
		ast.Item(ast.InternedTerm("version"), ast.InternedTerm(version)),
		ast.Item(ast.InternedTerm(key), ast.InternedTerm(name)),
	)
}

func userTerm(req *admissionv1.AdmissionRequest) *ast.Term {
	u := &req.UserInfo
	pairs := make([][2]*ast.Term, 0, 4)
	add := func(key string, v *ast.Term) { pairs = append(pairs, [2]*ast.Term{ast.InternedTerm(key), v}) }
	if u.Username != "" {
		add("username", ast.StringTerm(u.Username))
	}
	if u.UID != "" {
		add("uid", ast.StringTerm(u.UID))
	}
	if len(u.Groups) > 0 {
		add("groups", textsTerm(u.Groups))
	}
	if len(u.Extra) > 0 {
		extra := make([][2]*ast.Term, 0, len(u.Extra))
		for key, values := range u.Extra {
			extra = append(extra, [2]*ast.Term{ast.StringTerm(key), textsTerm(values)})
		}
		add("extra", ast.ObjectTerm(extra...))
	}
	return ast.ObjectTerm(pairs...)
}

func textsTerm[S ~[]string](texts S) *ast.Term {
	terms := make([]*ast.Term, len(texts))
	for i, s := range texts {
		terms[i] = ast.StringTerm(s)
	}
	return ast.ArrayTerm(terms...)
}

// foundTerm is input.texts: what stands in the texts of the objects under review.
func foundTerm(t value.Texts) *ast.Term {
	return ast.ObjectTerm(
		ast.Item(ast.InternedTerm("template"), ast.InternedTerm(t.Template)),
		ast.Item(ast.InternedTerm("control"), ast.InternedTerm(t.Control)),
		ast.Item(ast.InternedTerm("underscore"), ast.InternedTerm(t.Underscore)),
	)
}

func mapTerm(m map[string]string) *ast.Term {
	pairs := make([][2]*ast.Term, 0, len(m))
	for k, v := range m {
		pairs = append(pairs, [2]*ast.Term{ast.StringTerm(k), ast.StringTerm(v)})
	}
	return ast.ObjectTerm(pairs...)
}

func subjectTerm(s subject.Subject) *ast.Term {
	return ast.ObjectTerm(
		ast.Item(ast.InternedTerm("organization"), ast.StringTerm(s.Organization)),
		ast.Item(ast.InternedTerm("source"), ast.StringTerm(string(s.Source))),
		ast.Item(ast.InternedTerm("standing"), ast.StringTerm(string(s.Standing))),
		ast.Item(ast.InternedTerm("inGateway"), ast.InternedTerm(s.InGateway)),
		ast.Item(ast.InternedTerm("unowned"), ast.InternedTerm(s.Unowned)),
		ast.Item(ast.InternedTerm("terminating"), ast.InternedTerm(s.Terminating)),
		ast.Item(ast.InternedTerm("namespaceExists"), ast.InternedTerm(s.NamespaceExists)),
	)
}

// namespaceTerm is the namespace as policies see it in _unstable.namespace.
func namespaceTerm(name string, labels, annotations map[string]string) *ast.Term {
	metadata := [][2]*ast.Term{{ast.InternedTerm("name"), ast.StringTerm(name)}}
	if len(labels) > 0 {
		metadata = append(metadata, [2]*ast.Term{ast.InternedTerm("labels"), mapTerm(labels)})
	}
	if len(annotations) > 0 {
		metadata = append(metadata, [2]*ast.Term{ast.InternedTerm("annotations"), mapTerm(annotations)})
	}
	return ast.ObjectTerm(
		ast.Item(ast.InternedTerm("apiVersion"), ast.InternedTerm("v1")),
		ast.Item(ast.InternedTerm("kind"), ast.InternedTerm("Namespace")),
		ast.Item(ast.InternedTerm("metadata"), ast.ObjectTerm(metadata...)),
	)
}

// matchObject takes what match blocks ask for.
func matchObject(v ast.Value) match.Object {
	var o match.Object
	obj, _ := v.(ast.Object)
	meta, _ := member(obj, "metadata").(ast.Object)
	if meta == nil {
		return o
	}
	o.Name = textOf(member(meta, "name"))
	o.GenerateName = textOf(member(meta, "generateName"))
	if labels, ok := member(meta, "labels").(ast.Object); ok {
		o.Labels = make(map[string]string, labels.Len())
		labels.Foreach(func(k, v *ast.Term) { o.Labels[textOf(k.Value)] = textOf(v.Value) })
	}
	return o
}

func member(obj ast.Object, key string) ast.Value {
	if obj == nil {
		return nil
	}
	if t := obj.Get(ast.InternedTerm(key)); t != nil {
		return t.Value
	}
	return nil
}

func textOf(v ast.Value) string {
	s, _ := v.(ast.String)
	return string(s)
}

// For returns the input with another subject; the conversion is kept.
func (in Input) For(who subject.Subject) Input {
	in.Subject = who
	return in
}
