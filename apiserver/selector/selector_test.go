package selector_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"tollgate.dev/tollgate/apiserver/selector"
)

func TestFields(t *testing.T) {
	t.Parallel()
	allowed := []string{selector.Name, "state", "model"}
	tests := []struct {
		name, selector string
		want           map[string]string
		refused        []string
	}{
		{name: "none", want: map[string]string{}},
		{name: "equal", selector: "state=Active,model==openai/gpt-5:x", want: map[string]string{"state": "Active", "model": "openai/gpt-5:x"}},
		{name: "escaped", selector: `model=a\,b\=c`, want: map[string]string{"model": "a,b=c"}},
		{name: "unequal", selector: "state!=Active", refused: []string{`"state"`, "!="}},
		{name: "empty", selector: "state=", refused: []string{`"state" has no value`}},
		{name: "repeated", selector: "state=Active,state=Warning", refused: []string{`"state" is given twice`}},
		{name: "unknown", selector: "stat=Active", refused: []string{`"stat" is not known`, "metadata.name, state, model"}},
		{name: "each mistake is named", selector: "a=1,state!=x", refused: []string{`"a"`, `"state"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sel, err := fields.ParseSelector(tt.selector)
			if err != nil {
				t.Fatal(err)
			}
			got, err := selector.Fields(sel, allowed...)
			checkRefusal(t, err, tt.refused)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, selector string
		match          map[string]bool // by the value of project
		refused        []string
	}{
		{name: "none", match: map[string]bool{"chat": true}},
		{name: "equal", selector: "project=chat", match: map[string]bool{"chat": true, "code": false}},
		{name: "unequal", selector: "project!=chat", match: map[string]bool{"chat": false, "code": true}},
		{name: "in", selector: "project in (chat, code)", match: map[string]bool{"chat": true, "other": false}},
		{name: "notin", selector: "project notin (chat)", match: map[string]bool{"chat": false, "code": true}},
		{name: "exists", selector: "project", match: map[string]bool{"chat": true}},
		{name: "not exists", selector: "!project", match: map[string]bool{"chat": false}},
		{name: "unknown", selector: "proj=chat,level=User", refused: []string{`"proj" is not known`, "project, level"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			parsed, err := labels.Parse(tt.selector)
			if err != nil {
				t.Fatal(err)
			}
			got, err := selector.Labels(parsed, "project", "level")
			checkRefusal(t, err, tt.refused)
			for project, want := range tt.match {
				if got.Matches(labels.Set{"project": project}) != want {
					t.Errorf("project %s: match is not %v", project, want)
				}
			}
		})
	}
	if got, err := selector.Labels(labels.Nothing()); err != nil || got.Matches(labels.Set{}) {
		t.Errorf("a selector of nothing: %v, %v", got, err)
	}
}

func TestFieldLabelsKnowWhatFieldsKnow(t *testing.T) {
	t.Parallel()
	convert := selector.FieldLabels(selector.Name, "state")
	if k, v, err := convert("state", "Active"); k != "state" || v != "Active" || err != nil {
		t.Errorf("got %q %q %v", k, v, err)
	}
	_, _, err := convert("stat", "Active")
	checkRefusal(t, err, []string{`"stat" is not known`, "metadata.name, state"})
}

func checkRefusal(t *testing.T, err error, want []string) {
	t.Helper()
	if (err != nil) != (want != nil) {
		t.Fatalf("error %v, want refusal %v", err, want)
	}
	if err == nil {
		return
	}
	if !apierrors.IsBadRequest(err) {
		t.Errorf("%v is not a 400", err)
	}
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

func FuzzFields(f *testing.F) {
	f.Add("state=Active")
	f.Add(`model=a\,b,model!=`)
	f.Fuzz(func(t *testing.T, text string) {
		sel, err := fields.ParseSelector(text)
		if err != nil {
			return
		}
		got, err := selector.Fields(sel, "state", "model")
		if err != nil {
			if !apierrors.IsBadRequest(err) {
				t.Fatalf("%q: %v is not a 400", text, err)
			}
			return
		}
		set := fields.Set(got)
		if !sel.Matches(set) {
			t.Fatalf("%q was read as %v, which it does not match", text, got)
		}
	})
}
