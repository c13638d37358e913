package ledger

import (
	"errors"
	"testing"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

func TestGenerationIsRead(t *testing.T) {
	t.Parallel()
	client := clustertest.Redis(t).Client()
	defer client.Close()
	l := New(client)
	want := func(when string, generation int64) {
		t.Helper()
		if got, err := l.Generation(t.Context(), "acme"); err != nil || got != generation {
			t.Errorf("%s: %d, %v", when, got, err)
		}
	}
	want("before anything", 0)
	for n := int64(1); n <= 2; n++ {
		if got, err := l.NextGeneration(t.Context(), "acme"); err != nil || got != n {
			t.Fatalf("%d, %v", got, err)
		}
		want("begun", n)
	}
	if err := client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	want("emptied", 0)

	var corrupt *CorruptError
	for _, damage := range []string{"many", "-1", "1.5", ""} {
		if err := client.HSet(t.Context(), "tg:{acme}:b:acme", "gen", damage).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Generation(t.Context(), "acme"); !errors.As(err, &corrupt) || corrupt.Field != "gen" {
			t.Errorf("%q: %v", damage, err)
		}
	}
	if err := client.Set(t.Context(), "tg:{acme}:b:acme", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Generation(t.Context(), "acme"); !errors.As(err, &corrupt) || corrupt.Field != "" {
		t.Errorf("a key of another type: %v", err)
	}
	if _, err := l.Generation(t.Context(), "acme.chat"); !errors.Is(err, ErrPath) {
		t.Errorf("a project's: %v", err)
	}
}
