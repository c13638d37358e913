package handler

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

func TestHeadOfWhatIsOdd(t *testing.T) {
	t.Parallel()
	const before, after = `{"request":{"uid":"u",`, `}}`
	named := authenticationv1.UserInfo{Username: "ann", Groups: []string{"a"}}
	tests := []struct {
		name string
		body string
		want head
	}{
		{name: "null instead of texts", body: before + `"namespace": null, "userInfo": null, "name": null` + after, want: head{uid: "u", complete: true}},
		{name: "numbers instead of texts", body: before + `"namespace":5,"userInfo":{"username":1e5,"groups":{"a":["b"]}},"dryRun":false` + after, want: head{uid: "u", complete: true}},
		{name: "no groups", body: before + `"userInfo":{"groups":[],"username":"ann"}` + after, want: head{uid: "u", user: authenticationv1.UserInfo{Username: "ann"}, complete: true}},
		{name: "brackets in texts", body: before + `"name":"}]\"}","userInfo":{"extra":{"x":["]}"]},"username":"ann","groups":["a"]},"namespace":"n"` + after, want: head{uid: "u", namespace: "n", user: named, complete: true}},
		{name: "escapes", body: before + `"namespace":"n\u0041\\"` + after, want: head{uid: "u", namespace: `nA\`, complete: true}},
		{name: "a bad escape", body: before + `"namespace":"\q"` + after, want: head{uid: "u", namespace: `\q`, complete: true}},
		{name: "groups that are no texts", body: before + `"userInfo":{"username":"ann","groups":["a",5]},"namespace":"n"` + after, want: head{uid: "u", user: named}},
		{name: "cut in a text", body: before + `"namespace":"n\`, want: head{uid: "u"}},
		{name: "cut in a list", body: before + `"userInfo":{"username":"ann","groups":["a"`, want: head{uid: "u", user: named}},
		{name: "cut in what is passed over", body: before + `"kind":{"group":[{`, want: head{uid: "u"}},
		{name: "an empty request", body: `{"request":{}}`, want: head{complete: true}},
		{name: "an empty object", body: `{}`},
		{name: "no request", body: `{"request":null}`},
		{name: "a list", body: `[{"request":{"uid":"u"}}]`},
		{name: "nothing", body: ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, headOf([]byte(tt.body)), cmp.AllowUnexported(head{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzHead holds that the head of a review that kube-apiserver may send is what
// is decoded of it later, however it is spaced, and that one that is cut is never
// taken for another's.
func FuzzHead(f *testing.F) {
	f.Add("u", "acme", "ann", "a", `{"a":1}`, false, 100)
	f.Add("u", "", `"\`, "ü\x00", `null`, true, 250)
	f.Fuzz(func(t *testing.T, uid, namespace, user, group, object string, spaced bool, cut int) {
		if !json.Valid([]byte(object)) {
			t.Skip("no object")
		}
		review := admissionv1.AdmissionReview{TypeMeta: metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}, Request: &admissionv1.AdmissionRequest{
			UID: types.UID(uid), Namespace: namespace, Name: user, Operation: admissionv1.Create,
			UserInfo: authenticationv1.UserInfo{Username: user, Groups: []string{group, user}, Extra: map[string]authenticationv1.ExtraValue{group: {user}}},
			Object:   runtime.RawExtension{Raw: []byte(object)},
		}}
		body, err := json.Marshal(review)
		if err != nil {
			t.Skip(err)
		}
		if spaced {
			var out bytes.Buffer
			if err := json.Indent(&out, body, " ", "\t"); err != nil {
				t.Fatal(err)
			}
			body = out.Bytes()
		}
		var decoded admissionv1.AdmissionReview
		if err := json.Unmarshal(body, &decoded); err != nil {
			t.Fatal(err)
		}
		if bytes.Index(body, []byte(`"object"`)) > peeked {
			t.Skip("a longer head than is looked at")
		}
		req := decoded.Request
		want := head{uid: req.UID, namespace: req.Namespace, user: authenticationv1.UserInfo{Username: req.UserInfo.Username, Groups: req.UserInfo.Groups}, complete: true}
		got := headOf(body)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(head{})); diff != "" {
			t.Errorf("the head of %s (-want +got):\n%s", body, diff)
		}
		if cut < 0 || cut > len(body) {
			return
		}
		part := headOf(slices.Clone(body[:cut]))
		if diff := cmp.Diff(want, part, cmp.AllowUnexported(head{})); part.complete && diff != "" {
			t.Errorf("cut after %d: (-want +got):\n%s", cut, diff)
		}
	})
}
