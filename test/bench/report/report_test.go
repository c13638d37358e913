package report

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTargets(t *testing.T) {
	for _, tc := range []struct {
		name string
		got  Result
		want Result
	}{
		{
			name: "a time within its bound",
			got:  AtMost("list", "ms", 60, 40, 2),
			want: Result{Name: "list", Unit: "ms", Ours: 60, Reference: 40, Ratio: 1.5, Target: "<= 2", Holds: true},
		},
		{
			name: "a time over its bound",
			got:  AtMost("list", "ms", 90, 40, 2),
			want: Result{Name: "list", Unit: "ms", Ours: 90, Reference: 40, Ratio: 2.25, Target: "<= 2"},
		},
		{
			name: "a rate that is too low",
			got:  AtLeast("reserve", "1/s", 30, 100, 0.37),
			want: Result{Name: "reserve", Unit: "1/s", Ours: 30, Reference: 100, Ratio: 0.3, Target: ">= 0.37"},
		},
		{
			name: "a rate at its bound",
			got:  AtLeast("reserve", "1/s", 37, 100, 0.37),
			want: Result{Name: "reserve", Unit: "1/s", Ours: 37, Reference: 100, Ratio: 0.37, Target: ">= 0.37", Holds: true},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTablePrintsLosses(t *testing.T) {
	var out bytes.Buffer
	if err := WriteTable(&out, []Result{AtMost("list", "ms", 90, 40, 2), AtLeast("reserve", "1/s", 40000, 100000, 0.37)}); err != nil {
		t.Fatal(err)
	}
	want := `BENCHMARK  UNIT  OURS   REFERENCE  RATIO  TARGET   HOLDS
list       ms    90     40         2.250  <= 2     NO
reserve    1/s   40000  100000     0.400  >= 0.37  yes
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}
