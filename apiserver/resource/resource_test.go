package resource_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/resource"
)

func names() resource.Names {
	return resource.Names{Resource: schema.GroupResource{Group: "toys.example", Resource: "toys"}, Singular: "toy", Category: "play", Namespaced: true}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	type understood struct {
		Namespace, Name string
		Nothing         bool
	}
	for _, tt := range []struct {
		name, namespace, fields, labels, token string
		want                                   understood
		refused                                string
	}{
		{name: "everything"},
		{name: "a namespace", namespace: "acme", want: understood{Namespace: "acme"}},
		{name: "a namespace by selector", fields: "metadata.namespace=acme", want: understood{Namespace: "acme"}},
		{name: "the same twice", namespace: "acme", fields: "metadata.namespace=acme", want: understood{Namespace: "acme"}},
		{name: "two namespaces", namespace: "acme", fields: "metadata.namespace=globex", want: understood{Namespace: "globex", Nothing: true}},
		{name: "a name", fields: "metadata.name=bear", want: understood{Name: "bear"}},
		{name: "an unknown field", fields: "size=3", refused: "metadata.name, metadata.namespace"},
		{name: "an unknown label", labels: "shape=round", refused: "colour"},
		{name: "a token of nobody's", token: "x", refused: "continue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := fields.ParseSelector(tt.fields)
			if err != nil {
				t.Fatal(err)
			}
			l, err := labels.Parse(tt.labels)
			if err != nil {
				t.Fatal(err)
			}
			q, err := names().Query(page.NewIssuer(nil), tt.namespace, &internalversion.ListOptions{FieldSelector: f, LabelSelector: l, Continue: tt.token},
				[]string{"metadata.name", "metadata.namespace"}, []string{"colour"})
			if tt.refused != "" {
				if !apierrors.IsBadRequest(err) || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("got %v, want a 400 that says %q", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, understood{Namespace: q.Namespace, Name: q.Name(), Nothing: q.Nothing}); diff != "" {
				t.Error(diff)
			}
		})
	}
	if q, err := names().Query(page.NewIssuer(nil), "acme", nil, nil, nil); err != nil || q.Namespace != "acme" || q.Labels == nil {
		t.Errorf("without options: %+v, %v", q, err)
	}
}

func TestCanMatch(t *testing.T) {
	t.Parallel()
	for labels, want := range map[string]bool{
		"":                        true,
		"colour=red":              true,
		"colour in (blue,red)":    true,
		"size=3":                  true, // another label: nobody knows
		"colour=blue":             false,
		"colour!=red":             false,
		"!colour":                 false,
		"colour=red,colour=blue":  false,
		"size=3,colour notin (a)": true,
	} {
		t.Run(labels, func(t *testing.T) {
			t.Parallel()
			q := resource.Query{Labels: parse(t, labels)}
			if got := q.CanMatch("colour", "red"); got != want {
				t.Errorf("got %t", got)
			}
		})
	}
	if none := (resource.Query{Labels: labels.Nothing()}); none.CanMatch("colour", "red") {
		t.Error("a selector of nothing matches")
	}
}

func parse(t *testing.T, selector string) labels.Selector {
	t.Helper()
	l, err := labels.Parse(selector)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestNotFoundNamesTheResource(t *testing.T) {
	t.Parallel()
	if err := names().NotFound("bear"); !apierrors.IsNotFound(err) || !strings.Contains(err.Error(), `toys.toys.example "bear"`) {
		t.Error(err)
	}
}
