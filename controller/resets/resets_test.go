package resets

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
)

func asking(text string, conditions ...metav1.Condition) *v1alpha1.Organization {
	o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Name: "acme", UID: "uid", ResourceVersion: "7", Generation: 3}}
	if text != "" {
		o.Annotations = map[string]string{v1alpha1.AnnotationReset: text}
	}
	o.Status.Conditions = conditions
	return o
}

func at(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []ledger.Reset
		says       string
	}{
		{name: "one", text: " acme.chat@1970-01-01T00:00:05Z ", want: []ledger.Reset{{Path: "acme.chat", Window: at(5)}}},
		{name: "two, in another zone", text: "acme@1970-01-01T01:00:00+01:00 ,acme.chat.eng.al@1970-01-01T00:00:05Z",
			want: []ledger.Reset{{Path: "acme", Window: at(0)}, {Path: "acme.chat.eng.al", Window: at(5)}}},
		{name: "a comma behind", text: "acme@1970-01-01T00:00:00Z,", says: `"" is no window`},
		{name: "five labels", text: "acme.a.b.c.d@1970-01-01T00:00:00Z", says: "not a budget path"},
		{name: "in the middle of a second", text: "acme@1970-01-01T00:00:00.5Z", says: "no start of a window"},
		{name: "before 1970", text: "acme@1969-01-01T00:00:00Z", says: "no start of a window"},
		{name: "another organization", text: "acme-two@1970-01-01T00:00:00Z", says: "no budget of acme"},
		{name: "too many", text: strings.Repeat("acme@1970-01-01T00:00:00Z,", 60), says: "at most 50"},
		{name: "too long", text: strings.Repeat("x", 200_000), says: "at most 8192"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Of(asking(tt.text)).Parse()
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%v, want an error saying %q", err, tt.says)
				}
				return
			}
			if d := cmp.Diff(tt.want, got); err != nil || d != "" {
				t.Errorf("%v\n%s", err, d)
			}
		})
	}
}

// FuzzParse: whatever is asked, what is read is of the organization, and each
// budget is there once.
func FuzzParse(f *testing.F) {
	f.Add("acme.chat@1970-01-01T00:00:05Z,acme@2026-11-01T00:00:00+09:00")
	f.Add("acme@@,,@")
	f.Fuzz(func(t *testing.T, text string) {
		q := Of(asking(text))
		if q.Text == "" {
			t.Skip()
		}
		got, err := q.Parse()
		seen := map[ledger.Path]bool{}
		for _, r := range got {
			if seen[r.Path] || r.Path.Organization() != "acme" || r.Window.Unix() < 0 {
				t.Errorf("%q is read as %v", text, got)
			}
			seen[r.Path] = true
		}
		if err == nil && len(got) == 0 {
			t.Errorf("%q asks for nothing, without an error", text)
		}
	})
}

func TestWhatIsRecorded(t *testing.T) {
	t.Parallel()
	const text = "acme@1970-01-01T00:00:00Z"
	long := strings.Repeat("x", 200_000)
	says := func(reason, message string) metav1.Condition {
		return metav1.Condition{Type: TypeReset, Reason: reason, Message: message}
	}
	tests := []struct {
		name             string
		of               *v1alpha1.Organization
		decided, started bool
	}{
		{name: "nobody asks", of: asking(""), decided: true},
		{name: "nobody asks any more", of: asking("", says(ReasonDone, text+": done"))},
		{name: "asked", of: asking(text)},
		{name: "asked, with other conditions", of: asking(text, metav1.Condition{Type: "Ready", Reason: ReasonDone, Message: text + ": done"})},
		{name: "started", of: asking(text, says(ReasonStarted, text+": now")), started: true},
		{name: "done", of: asking(text, says(ReasonDone, text+": done")), decided: true},
		{name: "refused", of: asking(text, says(ReasonRefused, text+": no")), decided: true},
		{name: "another was done", of: asking(text+",acme.chat@1970-01-01T00:00:00Z", says(ReasonDone, text+": done"))},
		{name: "a longer one was done", of: asking(text, says(ReasonDone, text+",acme.chat@1970-01-01T00:00:00Z: done"))},
		{name: "a very long one was refused", of: asking(long, says(ReasonRefused, Of(asking(long)).prefix()+"no")), decided: true},
		{name: "another very long one was refused", of: asking(long, says(ReasonRefused, Of(asking("y"+long[1:])).prefix()+"no"))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if q := Of(tt.of); q.Decided() != tt.decided || q.Started() != tt.started {
				t.Errorf("decided %t, started %t", q.Decided(), q.Started())
			}
		})
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	open := ledger.NodeView{Applied: true, WindowStart: at(100), Spent: 7, Held: 3}
	with := func(change func(*ledger.NodeView)) ledger.NodeView { v := open; change(&v); return v }
	tests := []struct {
		name    string
		view    ledger.NodeView
		window  int64
		started bool
		over    bool
		says    string
	}{
		{name: "the open window", view: open, window: 100},
		{name: "of a user who is not listed", view: with(func(v *ledger.NodeView) { v.Applied, v.Used = false, true }), window: 100},
		{name: "an earlier window", view: open, window: 99, says: "has a window since 1970-01-01T00:01:40Z open, not one since 1970-01-01T00:01:39Z"},
		{name: "an earlier window, being ended", view: open, window: 99, started: true, over: true},
		{name: "a later window, being ended", view: open, window: 101, started: true, says: "not one since"},
		{name: "nobody knows it", view: ledger.NodeView{}, window: 0, says: "not known"},
		{name: "damaged", view: ledger.NodeView{Applied: true, Err: &ledger.CorruptError{Key: "k", Reason: "is odd"}}, window: 100, says: "cannot be read: Redis key k: is odd"},
		{name: "no window", view: ledger.NodeView{Applied: true}, window: 100, says: "no open window"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := ledger.Reset{Path: "acme.chat", Window: at(tt.window)}
			ended, why := Judge([]ledger.Reset{r}, []ledger.NodeView{tt.view}, tt.started)
			if tt.says != "" {
				if ended != nil || !strings.Contains(why, "acme.chat "+tt.says) && !strings.Contains(why, tt.says) {
					t.Errorf("%v, %q", ended, why)
				}
				return
			}
			want := []Ended{{Reset: r, Spent: 7, Held: 3}}
			if tt.over {
				want = []Ended{{Reset: r, Over: true}}
			}
			if d := cmp.Diff(want, ended); d != "" || why != "" {
				t.Errorf("%q\n%s", why, d)
			}
		})
	}
}

// statuses takes what is applied.
type statuses struct {
	client.SubResourceWriter // anything but Apply panics
	applied                  []string
	err                      error
}

func (s *statuses) Status() client.SubResourceWriter { return s }

func (s *statuses) Apply(_ context.Context, object runtime.ApplyConfiguration, _ ...client.SubResourceApplyOption) error {
	raw, err := json.Marshal(object)
	s.applied = append(s.applied, string(raw))
	return errors.Join(err, s.err)
}

func TestRecord(t *testing.T) {
	t.Parallel()
	const text = "acme@1970-01-01T00:00:00Z"
	started, refused := Started(), Refused("no")
	done := Done([]Ended{{Reset: ledger.Reset{Path: "acme", Window: at(0)}, Spent: 1_000_000_000}})
	tests := []struct {
		name    string
		verdict *Verdict
		written string
		event   string
	}{
		{name: "started", verdict: &started, written: `{"apiVersion":"tollgate.dev/v1alpha1","kind":"Organization","metadata":{"name":"acme","resourceVersion":"7","uid":"uid"},` +
			`"status":{"conditions":[{"lastTransitionTime":"1970-01-01T00:00:09Z","message":"acme@1970-01-01T00:00:00Z: the windows are being ended","observedGeneration":3,"reason":"Started","status":"Unknown","type":"Reset"}]}}`},
		{name: "refused", verdict: &refused, event: "Warning ResetRefused no; nothing was reset. Remove the annotation, or change it to ask anew",
			written: `{"apiVersion":"tollgate.dev/v1alpha1","kind":"Organization","metadata":{"name":"acme","resourceVersion":"7","uid":"uid"},` +
				`"status":{"conditions":[{"lastTransitionTime":"1970-01-01T00:00:09Z","message":"acme@1970-01-01T00:00:00Z: no; nothing was reset. Remove the annotation, or change it to ask anew","observedGeneration":3,"reason":"Refused","status":"False","type":"Reset"}]}}`},
		{name: "done", verdict: &done, event: "Normal BudgetsReset the window of acme since 1970-01-01T00:00:00Z was ended with 1.00 spent and 0.00 held",
			written: `{"apiVersion":"tollgate.dev/v1alpha1","kind":"Organization","metadata":{"name":"acme","uid":"uid"},` +
				`"status":{"conditions":[{"lastTransitionTime":"1970-01-01T00:00:09Z","message":"acme@1970-01-01T00:00:00Z: the window of acme since 1970-01-01T00:00:00Z was ended with 1.00 spent and 0.00 held","observedGeneration":3,"reason":"Done","status":"True","type":"Reset"}]}}`},
		{name: "not asked any more", written: `{"apiVersion":"tollgate.dev/v1alpha1","kind":"Organization","metadata":{"name":"acme","resourceVersion":"7","uid":"uid"},"status":{}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			to, told := &statuses{}, events.NewFakeRecorder(10)
			r := Recorder{Client: to, Events: told, Now: func() time.Time { return at(9) }}
			if err := r.Record(t.Context(), Of(asking(text)), tt.verdict); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]string{tt.written}, to.applied); d != "" {
				t.Error(d)
			}
			close(told.Events)
			if got := <-told.Events; got != tt.event {
				t.Errorf("event %q, want %q", got, tt.event)
			}
			to.err = errors.New("away")
			if err := r.Record(t.Context(), Of(asking(text)), tt.verdict); !errors.Is(err, to.err) { // an Event would panic
				t.Errorf("%v", err)
			}
		})
	}
}
