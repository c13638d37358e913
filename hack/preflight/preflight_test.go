package preflight

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestEnoughSaysWhatIsMissing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "not", "there", "yet")
	if err := Enough("a mouse", Needs{Disk: 1, Memory: 1}, folder); err != nil {
		t.Errorf("next to nothing is too much: %v", err)
	}
	err := Enough("an elephant", Needs{Disk: 1 << 62, Memory: 1 << 61}, folder, filepath.Dir(folder))
	if err == nil {
		t.Fatal("no error for more than any machine has")
	}
	if n := strings.Count(err.Error(), "free disk"); n != 1 {
		t.Errorf("one disk is complained about %d times: %v", n, err)
	}
	for _, want := range []string{"free disk at " + folder, "available memory", "4294967296.0 GiB", "more", "an elephant needs"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
}

func TestAvailableMemory(t *testing.T) {
	tests := []struct {
		name, text string
		want       uint64
		ok         bool
	}{
		{name: "proc", text: "MemTotal:       24000000 kB\nMemFree:  1 kB\nMemAvailable:   20000000 kB\n", want: 20000000 << 10, ok: true},
		{name: "an old kernel", text: "MemTotal:       24000000 kB\n"},
		{name: "empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := availableMemory(strings.NewReader(tt.text))
			if got != tt.want || ok != tt.ok {
				t.Errorf("%d, %t; want %d, %t", got, ok, tt.want, tt.ok)
			}
		})
	}
}
